local t, a, n = {}, {}, 0
for i = 1, 1000 do t["k" .. i] = i a[i] = i end
for round = 1, 1500 do for k, v in pairs(t) do n = n + v end for i, v in ipairs(a) do n = n + v end end
print(n)
