local keep = {}
for i = 1, 2500000 do local t = {i, i + 1} if i % 100 == 0 then keep[i % 5000] = t end end
local function tree(d) if d == 0 then return {} end return {tree(d - 1), tree(d - 1)} end
for i = 1, 12 do tree(14) end
print(keep[100][1])
