--@ killed: a sort whose order is none
while true do pcall(table.sort, {5, 3, 1, 4, 2, 9, 8, 7}, function() return true end) end
--@ killed: a comparison that loops
table.sort({2, 1}, function() while true do end end)
--@ killed: a sort of many over and over
local t = {} for i = 1, 10000 do t[i] = i end
while true do table.sort(t, function(a, b) return a > b end) table.sort(t) end
--@ killed: a gsub callback that loops
("x"):gsub("x", function() while true do end end)
--@ killed: gsub in gsub
local function f() return (("xxxx"):gsub("x", function() while true do ("x"):gsub("x", "y") end end)) end
f()
--@ killed: a pattern that takes exponential time
print(("a"):rep(40):match(("a*"):rep(40) .. "b"))
--@ killed: a pattern over a long subject
local s = ("a"):rep(300000)
while true do s:match(".-.-b") end
--@ killed: balanced brackets that do not close
local s = ("("):rep(100000)
s:gsub("%b()", "")
while true do s:find("%b()") end
--@ killed: plain searches of long strings
local s, w = ("a"):rep(1000000), ("a"):rep(1000) .. "b"
while true do s:find(w, 1, true) end
--@ killed: gmatch without end
while true do for _ in ("x"):gmatch("()") do end end
--@ killed: insert far away
while true do table.insert({}, -2147483648, 1) end
--@ killed: foreach over and over
local t = {1, 2, 3}
while true do table.foreach(t, function() end) table.foreachi(t, function() end) end
--@ killed: format over and over
while true do string.format("%99.99f %s", 1e300, "x") end
--@ killed: rep over and over
while true do ("x"):rep(1000000) end
--@ killed: upper and reverse over and over
local s = ("x"):rep(1000000)
while true do s:upper() s:reverse() s:lower() end
--@ killed: concat over and over
local t = {} for i = 1, 10000 do t[i] = "x" end
while true do table.concat(t) end
--@ killed: a table with __index in gsub
("x"):gsub("x", setmetatable({}, {__index = function() while true do end end}))
--@ ended: deep recursion of gsub
local function f() return (("x"):gsub("x", f)) end
print(pcall(f))
--@ ended: deep recursion of sort
local function f() table.sort({2, 1}, f) end
print(pcall(f))
--@ ended: deep recursion of tostring
local mt = {} mt.__tostring = function(t) return tostring(t) end
print(pcall(tostring, setmetatable({}, mt)))
--@ ended: unpack of too many
print(pcall(unpack, {}, 1, 1e8)) print(pcall(unpack, {}, -2147483648, 2147483647)) print(pcall(unpack, {}, 1, 8000))
--@ ended: byte of too many
print(pcall(string.byte, ("x"):rep(1000000), 1, -1))
--@ ended: a pattern with many captures
print(pcall(string.find, "x", ("("):rep(100)))
--@ ended: a long pattern of optional items
print(pcall(string.find, ("a"):rep(300000), ("(.?"):rep(30)))
--@ ended: a huge width
print(pcall(string.format, "%999999999d", 1)) print(pcall(string.format, ("%99d"):rep(200), 1))
