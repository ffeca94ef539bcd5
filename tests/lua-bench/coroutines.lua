local co = coroutine.wrap(function() local i = 0 while true do i = i + 1 coroutine.yield(i) end end)
local s = 0
for i = 1, 1500000 do s = s + co() end
for i = 1, 60000 do s = s + coroutine.wrap(function(x) return x end)(i) end
print(s)
