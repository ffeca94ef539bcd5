--@ error with a string
print(pcall(error, "plain")) print(pcall(function() error("with place") end)) print(pcall(function() error("no place", 0) end))
print(pcall(function() error("level 1", 1) end)) print(pcall(function() error("level 2", 2) end)) print(pcall(function() error("level 3", 3) end)) print(pcall(function() error("far", 50) end))
--@ error with other values
print(pcall(error)) print(pcall(error, nil)) print(pcall(error, 5)) print(pcall(error, true)) print(pcall(error, 5, 2)) local t = {code = 1} local ok, e = pcall(error, t) print(ok, e == t, e.code)
print(pcall(function() error(12) end)) print(pcall(function() error() end)) print(pcall(function() error({}, 2) end) == false) print(pcall(function() error(nil, 2) end))
print(select("#", pcall(error)))
--@ levels point at callers
local function a() error("from a", 2) end
local function b()
  a()
end
print(pcall(b))
local function c()
  return b()
end
print(pcall(function()
  c()
end))
--@ levels through tail calls
local function f() error("msg", 2) end
local function g() return f() end
print(pcall(g)) print(pcall(function() return g() end)) print(pcall(function() g() end))
--@ levels at natives
print(pcall(string.rep)) print(pcall(function() string.rep() end)) print(pcall(function() local s = string.rep s() end))
print(pcall(pcall)) print(pcall(function() return string.rep() end)) print(pcall(error, "x", 1)) print(pcall(error, "x", 2)) print(pcall(pcall, error, "x", 2))
--@ pcall gives all results
print(pcall(function() return 1, nil, 3 end)) print(pcall(function() end)) print(pcall(print)) print(select("#", pcall(function() return nil, nil end)))
print(pcall(pcall))
--@ nested pcall
print(pcall(pcall, error, "inner")) print(pcall(function() local ok, e = pcall(error, "inner") error("outer " .. e, 0) end)) print(pcall(pcall, pcall, pcall, error))
local ok, e = pcall(function() pcall(error, "swallowed") return "fine" end) print(ok, e)
--@ xpcall
print(xpcall(function() error("x", 0) end, function(m) return "handled " .. m end)) print(xpcall(function() return 1, 2 end, print)) print(xpcall(function() error({}) end, function(e) return type(e) end))
print(xpcall(function() error("x") end, function(m) return m, "second" end)) print(xpcall(function() local x = nil; x() end, function(m) return m:upper() end)) print(pcall(xpcall)) print(pcall(xpcall, print)) print(xpcall(error, function(m) return tostring(m) end))
print(xpcall(function(...) return select("#", ...) end, print, 1, 2))
--@ errors in the handler
print(xpcall(function() error("a") end, function() error("b") end)) print(xpcall(function() error("a") end, nil)) print(xpcall(function() error("a") end, 5)) print(xpcall(error, error))
--@ the handler runs where the error is
local depth local function f(n) if n == 0 then error("deep", 0) end f(n - 1) return end
print(xpcall(function() f(10) end, function(m) local ok, e = pcall(error, "inside", 0) return m .. " " .. e end))
--@ handlers of stack overflows
local function f() return 1 + f() end print(xpcall(f, function(m) return (m:gsub("^.-:%d+: ", "")):sub(1, 14) end))
--@ assert
print(assert(1), assert("a", "b"), select("#", assert(1, 2, 3))) print(pcall(assert, false)) print(pcall(assert, nil, "message")) print(pcall(assert, false, 12)) print(pcall(assert)) print(pcall(assert, nil, nil)) print(pcall(function() assert(false, "no place is added") end)) print(pcall(assert, false, true)) print(select(2, pcall(assert, false, {})) ~= nil)
--@ messages name variables
local loc, t = nil, {field = nil, sub = {}} local up = nil
print(pcall(function() local x = nil; return x.y end)) print(pcall(function() return up.y end)) print(pcall(function() return globalname.y end)) print(pcall(function() return t.field.y end)) print(pcall(function() return t.sub.field.y end))
print(pcall(function() local x; x() end)) print(pcall(function() up() end)) print(pcall(function() globalname() end)) print(pcall(function() t.field() end)) print(pcall(function() t:method() end)) print(pcall(function() t.sub:method() end))
print(pcall(function() local x; return x + 1 end)) print(pcall(function() local x = {}; return 1 .. x end)) print(pcall(function() local x; return #x end)) print(pcall(function() local x = {}; return -x end)) print(pcall(function() local x; x.y = 1 end)) print(pcall(function() local x; x[1] = 1 end))
print(pcall(function() return t.field + 1 end)) print(pcall(function() return 2 * globalname end)) print(pcall(function() return t.field .. "x" end)) print(pcall(function() return #t.field end))
--@ messages without names
print(pcall(function() return (nil).x end)) print(pcall(function() return ({})() end)) print(pcall(function() return (1 + 2)() end)) print(pcall(function() return ("x" .. "y")() end)) print(pcall(function() return (function() end)().x end)) print(pcall(function() return nil + 1 end)) print(pcall(function() return true .. "" end))
--@ messages for constants as keys
local t = {} print(pcall(function() return t["a-b"].x end)) print(pcall(function() return t[1].x end)) print(pcall(function() return t[true].x end)) print(pcall(function() local k = "key" return t[k].x end)) print(pcall(function() return t[1.5]() end)) print(pcall(function() t["x y"]() end)) print(pcall(function() local i = 1 t[i].z = 1 end))
--@ messages for parameters and loop variables
print(pcall(function(a, b) return a.x end)) print(pcall(function(...) local a = ... return a.x end)) print(pcall(function() for i = 1, 2 do i.x = 1 end end)) print(pcall(function() for k, v in pairs({1}) do v() end end)) print(pcall(function() local function f(p) p.q.r = 1 end f({}) end))
--@ messages for results of calls
local function none() end print(pcall(function() none().x = 1 end)) print(pcall(function() return none()() end)) print(pcall(function() return none() + 1 end)) print(pcall(function() return none() .. "" end)) print(pcall(function() return #none() end)) print(pcall(function() return tostring(1).x.y end))
--@ messages for registers reused
print(pcall(function() do local a = {} end local b; b.x = 1 end)) print(pcall(function() local a, b = {}; b.x = a end)) print(pcall(function() local a = {} local b = a.x local c = b.y end)) print(pcall(function() local a = {} local c = a.x.y.z end)) print(pcall(function() local a, b, c = 1, 2, 3 return a + b .. c .. nil end))
--@ messages for comparisons name the types
print(pcall(function() return 1 < "x" end)) print(pcall(function() return {} < {} end)) print(pcall(function() return nil > 1 end)) print(pcall(function() return print <= print end)) print(pcall(function() return true < false end)) print(pcall(function() return {} < 1 end)) print(pcall(function() return "a" < {} end)) print(pcall(function() return coroutine.create(print) < 1 end))
--@ lines of messages
local ok, m = pcall(function()
  local x = 1

  local y = x +
    nil
end) print(m)
ok, m = pcall(function()
  local t = {}
  t.a
    .b
    .c = 1
end) print(m)
ok, m = pcall(function()
  print(
    1,
    2 .. {},
    3
  )
end) print(m)
ok, m = pcall(function()
  undefinedfunction(
    1,
    2
  )
end) print(m)
ok, m = pcall(function()
  return 1 +
    2 +
    {} +
    3
end) print(m)
--@ lines in loops and conditions
print(pcall(function()
  for i = 1,
    {}
  do end
end)) print(pcall(function()
  while
    nil < 1
  do end
end)) print(pcall(function()
  if 1 then
  elseif (nil).x then
  end
end)) print(pcall(function()
  repeat
    local x
  until x.y
end)) print(pcall(function()
  for k in
    5
  do
  end
end))
--@ bad arguments name the function
print(pcall(string.rep, {}, 1)) print(pcall(string.rep, "x")) print(pcall(("x").rep, "x", {})) print(pcall(setmetatable, 1)) print(pcall(tonumber)) print(pcall(tonumber, "z", 99)) print(pcall(math.floor, "x")) print(pcall(table.concat, {{}})) print(pcall(table.insert, 1, 2))
print(pcall(function() string.rep({}, 1) end)) print(pcall(function() ("x"):rep({}) end)) print(pcall(function() ("x"):bad() end)) print(pcall(function() local r = string.rep r() end)) print(pcall(function() math.floor({}) end)) print(pcall(function() local m = {f = math.floor} m.f("z") end)) print(pcall(function() ipairs() end)) print(pcall(function() local t = {rep = string.rep} t:rep(1) end))
--@ bad arguments of methods
print(pcall(function() ("x"):rep() end)) print(pcall(function() ("x"):sub({}) end)) print(pcall(function() ("x").sub({}) end)) print(pcall(function() local s = "x" s:format(1):rep({}) end)) print(pcall(function() string.format("%d", "x") end)) print(pcall(function() ("%d"):format("x") end)) print(pcall(function() ("%d"):format() end)) print(pcall(function() (""):find() end)) print(pcall(function() local t = setmetatable({}, {__index = string}) t:len() end))
--@ bad arguments of natives that are called by natives
print(pcall(table.sort, {3, 2, 1}, math.floor)) print(pcall(string.gsub, "abc", "%w", string.rep)) print(pcall(table.foreach, {1}, string.rep)) print(pcall(pcall, string.rep))
--@ errors pass through natives
print(pcall(table.sort, {3, 2, 1}, function(a, b) error("in sort") end)) print(pcall(string.gsub, "abc", "%w", function(c) error("in gsub " .. c) end)) print(pcall(table.foreach, {1}, function() error("in foreach", 0) end)) print(pcall(tostring, setmetatable({}, {__tostring = function() error("in tostring", 0) end}))) print(pcall(function() for x in function() error("in iterator") end do end end))
print(pcall(table.concat, setmetatable({}, {__index = function() error("never, it is raw") end})))
--@ what is left of a run after an error
local t = {} print(pcall(function() t.a = 1 t.b = t.x.y t.c = 3 end)) print(t.a, t.b, t.c) local n = 0 for i = 1, 5 do pcall(function() n = n + 1 if i % 2 == 0 then error() end n = n + 10 end) end print(n)
--@ error objects with a metatable
local E = setmetatable({}, {__tostring = function() return "an E" end}) local ok, e = pcall(error, E) print(ok, tostring(e), e == E) local ok, e = pcall(error, setmetatable({m = "x"}, {__index = {kind = "custom"}})) print(e.m, e.kind)
print(pcall(function() error(E .. "x") end))
--@ rethrow
print(pcall(function() local ok, e = pcall(error, "first", 0) error(e, 0) end)) print(pcall(function() local ok, e = pcall(function() error("placed") end) error(e) end)) print(select(2, pcall(function() local ok, e = pcall(error, {1}) e[2] = 2 error(e) end))[2])
--@ try and finally
local function try(f, catch, finally) local r = {pcall(f)} if not r[1] and catch then r = {true, catch(r[2])} end if finally then finally() end if not r[1] then error(r[2], 0) end return unpack(r, 2) end
print(try(function() return "ok" end, nil, function() print("finally") end)) print(try(function() error("bad", 0) end, function(e) return "caught " .. e end)) print(pcall(try, function() error("bad", 0) end, nil, function() print("finally") end))
--@ an error in a deep recursion unwinds
local function f(n) if n == 0 then error("bottom", 0) end local r = f(n - 1) return r end print(pcall(f, 5000)) print(pcall(f, 10))
--@ long messages
local ok, m = pcall(error, ("x"):rep(5000)) print(#m) print(#select(2, pcall(function() local t = {} return t[("k"):rep(300)].x end))) print(#select(3, pcall(loadstring, ("y"):rep(500))))
print(pcall(function() local aVeryLongVariableNameThatGoesOnAndOnAndOnAndOnAndOnForAtLeastEightyCharactersInTotal; aVeryLongVariableNameThatGoesOnAndOnAndOnAndOnAndOnForAtLeastEightyCharactersInTotal() end))
--@ messages from chunks of other names
print(pcall(loadstring("error('x')", "=named"))) print(pcall(loadstring("error('x')", "@file.lua"))) print(pcall(loadstring("error('x')"))) print(pcall(loadstring("\n\nlocal x = nil + 1"))) print(pcall(loadstring("error('x')", "two\nlines"))) print(pcall(loadstring("error('x', 2)", "=named"))) print(pcall(loadstring("local a; a.b = 1", "=")))
--@ what pcall says of what cannot be called
print(pcall(1)) print(pcall("x")) print(pcall({})) print(pcall(nil, 1)) print(xpcall(1, print)) print(xpcall({}, function(m) return m end)) print(pcall(true))
--@ errors while unwinding coroutines
local co = coroutine.create(function() local ok, e = pcall(error, "in") coroutine.yield(ok, e) error("out") end) print(coroutine.resume(co)) print(coroutine.resume(co)) print(coroutine.resume(co))
--@ numbers and strings as error values keep their kind
print(type(select(2, pcall(error, 42)))) print(type(select(2, pcall(error, "42", 0)))) print(select(2, pcall(error, 42)) == 42) print(select(2, pcall(function() error(4.5) end)))
--@ levels beyond an int
print(pcall(error, -12, 1e15)) print(pcall(error, "x", 2^32)) print(pcall(error, "x", 2^32 + 1))
print(tonumber("11", 2^32 + 2), pcall(tonumber, "11", 2^32))
--@ long names of chunks: errors of what runs have less room for them than those of the compiler
for _, name in ipairs{"@" .. ("file"):rep(30), "=" .. ("name"):rep(30), ("text "):rep(30), "@" .. ("f"):rep(51), "@" .. ("f"):rep(53)} do
  print(pcall(loadstring("error('here')", name)))
  print(pcall(loadstring("local x = 1; x.y = 2", name)))
  print(loadstring("x =", name))
end
--@ what load says of its arguments, and what it asks its reader
print(pcall(load, function() return nil end, {}))
local function read(...)
  local pieces, n = {...}, 0
  local f, e = load(function() n = n + 1 return pieces[n] end)
  print(n, type(f), e, f and f())
end
read() read(nil, "return 1") read("", "return 2") read("return", " 3", nil, "x") read("return 4", "", "x") read("", "", "return 5")
print(pcall(function() local f, e = load(function() return {} end) return f, e end))
--@ how deep handlers of errors get that fail
local function count(f, ...) local n = 0 local function handler() n = n + 1 local x = nil + 1 end print(pcall(xpcall, f, handler)) return n end
print(count({})) print(count(error)) print(count(function() local x = nil + 1 end)) print(count(function() error("x") end)) print(count(function() string.gsub("x", "x", error) end)) print(count(function() table.foreach({1}, {}) end)) print(count(function() table.foreach({1}, function() error() end) end)) print(count(function() pcall(error) xpcall(error, error) error() end)) print(count(coroutine.yield))
