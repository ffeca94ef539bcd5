--@ memory: a string that doubles
local s = "x" while true do s = s .. s end
--@ killed: a string that doubles, caught
while true do pcall(function() local s = "x" while true do s = s .. s end end) end
--@ memory: a table that grows
local t = {} while true do t[#t + 1] = #t end
--@ memory: a table of tables
local t = {} while true do t = {t, {}} end
--@ memory: a table of strings
local t = {} for i = 1, math.huge do t["key" .. i] = i end
--@ memory: closures that are kept
local t = {} while true do local x = #t t[x + 1] = function() return x end end
--@ memory: rep of too much
return ("x"):rep(1000000000)
--@ memory: rep of rep
return ("x"):rep(100000):rep(100000)
--@ memory: a gsub that makes much of little
local s = ("x"):rep(100000) return s:gsub("x", s)
--@ memory: a gsub with a callback that makes much
local big = ("y"):rep(1000000) return (("x"):rep(1000):gsub("x", function() return big end))
--@ memory: gsubs inside of gsubs that keep much
local big = ("y"):rep(200000)
local function f(n) return (("xxxxxxxx"):gsub("x", function() if n > 0 then return big .. f(n - 1) end return big end)) end
return f(100)
--@ memory: concat of much
local t, s = {}, ("x"):rep(1000000) for i = 1, 1000 do t[i] = s end return table.concat(t)
--@ memory: format of much
local s = ("x"):rep(1000000) return string.format(("%s"):rep(200), unpack((function() local t = {} for i = 1, 200 do t[i] = s end return t end)()))
--@ memory: one concatenation of much
local s = ("x"):rep(10000000) return s .. s .. s .. s .. s .. s .. s .. s
--@ memory: source that is loaded
local s = "x = {" .. ("{},"):rep(3000000) .. "}" return loadstring(s)
--@ ended: a reader that has no end
print(load(function() return ("x = 1 "):rep(10000) end))
--@ memory: a table insert far away
local t = {} for i = 1, math.huge do t[i * 1024] = true end
--@ memory: varargs that double
local function f(...) return f(1, ..., select("#", ...)) end
local t = {} while true do t[#t + 1] = {unpack(t, 1, 100)} end
--@ memory: up-values that are kept
local function make(n) local a, b, c = {}, {}, {} return function() return a, b, c end end
local t = {} while true do t[#t + 1] = make() end
--@ ended: memory errors are caught, and memory comes back
for i = 1, 5 do local ok, message = pcall(function() local t = {} while true do t[#t + 1] = ("x"):rep(100000) .. #t end end) print(ok, message) end
local t = {} for i = 1, 10000 do t[i] = i end print(#t)
--@ ended: a string.rep that is refused leaves the rest alone
print(pcall(string.rep, "x", 2000000000)) print(pcall(string.rep, ("x"):rep(100), 2147483647)) print(("x"):rep(3))
