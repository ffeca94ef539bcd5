--@ a string with its place
print("before") error("the message")
--@ a string without place
error("the message", 0)
--@ a number
error(42)
--@ a table
error({})
--@ a table with a name
error(setmetatable({}, {__tostring = function() return "custom text" end}))
--@ nil
error()
--@ in a function
local function f()
  local t = nil
  return t.x
end
print(f())
--@ of a native
print(string.rep())
--@ of a method
local s = "x"
print(s:rep({}))
--@ in a coroutine by wrap
local f = coroutine.wrap(function() local x = nil; x() end)
f()
--@ from assert
assert(false)
--@ from assert with a message
assert(nil, "why")
--@ in a metamethod
local t = setmetatable({}, {__add = function(a, b) return a.x.y end})
print(t + 1)
--@ in an iterator
for x in function() error("stop here") end do end
--@ in loaded code
print(loadstring("return 1 + nil", "=chunk")())
--@ of a number concatenation
print(1 .. {})
--@ a global function that is not there
undefinedfunction(1)
--@ after pcall has caught others
print(pcall(error, "first")) error("second")
--@ level two at the top
local function f() error("blame", 2) end
f()
--@ a message of several lines
error("one\ntwo")
--@ false and true
error(false)
--@ division and modulo by zero are none
print(1 % 0 ~= 1 % 0, 1 / 0) error("end", 0)
--@ a return from the main chunk
print("one")
do return 1, 2 end
print("never")
