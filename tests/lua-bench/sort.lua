local seed = 42
local function random() seed = (seed * 16807) % 2147483647 return seed end
local s = 0
for round = 1, 4 do
  local t, u, w = {}, {}, {}
  for i = 1, 40000 do t[i] = random() u[i] = random() w[i] = "w" .. random() end
  table.sort(t) table.sort(u, function(a, b) return a > b end) table.sort(w)
  s = s + t[1] + u[1] + #w[1]
end
print(s)
