local count = 0
for round = 1, 6 do
  local flags = {}
  for i = 2, 300000 do flags[i] = true end
  for i = 2, 300000 do if flags[i] then for j = i * i, 300000, i do flags[j] = false end count = count + 1 end end
end
print(count)
