--@ killed: an endless while
while true do end
--@ killed: an endless repeat
local x repeat x = 1 until false
--@ killed: an endless for
for i = 1, math.huge do end
--@ killed: a for with a step of zero
for i = 2, 1, 0 do end
--@ killed: a loop inside pcall
while true do pcall(function() while true do end end) end
--@ killed: pcall in a loop
while true do pcall(error, "again") end
--@ killed: xpcall whose handler loops
xpcall(function() error("x") end, function() while true do end end)
--@ killed: xpcall in a loop with a handler that fails
while true do xpcall(function() error("x") end, function() error("y") end) end
--@ killed: a handler that calls itself through xpcall
local function f() xpcall(error, f) return f() end
f()
--@ killed: an endless tail call
local function f() return f() end
f()
--@ killed: tail calls between two
local a, b
function a() return b() end
function b() return a() end
a()
--@ killed: an endless generic for
for _ in function() return 1 end do end
--@ killed: an iterator that is a table
for _ in setmetatable({}, {__call = function() return 1 end}) do end
--@ killed: a loop in __index
local t = setmetatable({}, {__index = function() while true do end end})
print(t.x)
--@ killed: a loop in __tostring
print(setmetatable({}, {__tostring = function() while true do end end}))
--@ killed: a loop in __eq inside pcall
local mt = {__eq = function() while true do end end}
pcall(function() return setmetatable({}, mt) == setmetatable({}, mt) end)
while true do end
--@ killed: a loop in __concat
local t = setmetatable({}, {__concat = function() while true do end end})
return t .. "x"
--@ killed: loadstring in a loop
while true do loadstring("local a = 1 return a + 1")() end
--@ killed: load with an endless reader of nothing much
local n = 0
while true do load(function() n = n + 1 if n % 50 ~= 0 then return " " end end) end
--@ killed: next over and over
local t = {1, 2, 3}
local k
while true do k = next(t, k) end
--@ killed: collecting garbage over and over
while true do collectgarbage() end
--@ killed: error objects
while true do pcall(error, setmetatable({}, {__tostring = function() return "x" end})) end
