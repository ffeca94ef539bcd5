local function counter() local n = 0 return function(d) n = n + d return n end end
local s = 0
for i = 1, 700000 do local c = counter() c(1) s = s + c(2) end
local c = counter() for i = 1, 4000000 do c(1) end
print(s, c(0))
