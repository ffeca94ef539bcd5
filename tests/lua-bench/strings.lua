local n, s = 0, "The Quick Brown Fox"
for i = 1, 900000 do n = n + s:byte(i % 19 + 1) + #s:sub(i % 10, 15) end
for i = 1, 250000 do n = n + #s:upper() + #s:rep(2) + #s:reverse() + #tostring(i) end
print(n)
