local s = 0
for i = 1, 12000000 do s = s + i % 7 end
local i = 0
while i < 5000000 do i = i + 1 if i % 3 == 0 then s = s - 1 else s = s + 2 end end
print(s)
