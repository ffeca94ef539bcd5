for round = 1, 12 do
  local t = {}
  for i = 1, 150000 do t[#t + 1] = i end
  local u = {}
  for i = 1, 100000 do table.insert(u, i) end
  local h = {}
  for i = 1, 60000 do h["k" .. i % 5000] = i end
  if round == 12 then print(#t, #u, h.k4999) end
end
