local n = 0
for i = 1, 400000 do n = n + #string.format("%d:%s:%5.2f", i, "value", i / 3) end
print(n)
