local n = 0
for i = 1, 900000 do local s = "key:" .. i .. ":" .. "field" n = n + #s end
local parts = {}
for i = 1, 200000 do parts[i] = i end
for i = 1, 5 do n = n + #table.concat(parts, ",") end
local s = ""
for i = 1, 6000 do s = s .. "x" end
print(n, #s)
