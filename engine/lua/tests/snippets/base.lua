--@ type
print(type(nil), type(true), type(1), type("s"), type({}), type(print), type(function() end), type(coroutine.create(function() end))) print(pcall(type)) print(type(nil, 1))
--@ tostring
print(tostring(nil), tostring(true), tostring(false), tostring(12), tostring(-0.5), tostring("s"), tostring(1e15), tostring(1e14)) print(pcall(tostring)) print(tostring({}):match("^table: ") ~= nil, tostring(print):match("^builtin: %x") or tostring(print):match("^function: ") ~= nil, tostring(function() end):match("^function: ") ~= nil)
--@ tonumber
print(tonumber("10"), tonumber("  10  "), tonumber("0x1F"), tonumber("1e3"), tonumber(".5"), tonumber("5."), tonumber("-7"), tonumber("+7"), tonumber(5)) print(tonumber(""), tonumber(" "), tonumber("abc"), tonumber("1a"), tonumber("1 2"), tonumber("0x"), tonumber("1e"), tonumber("--1"), tonumber("- 1")) print(tonumber(nil), tonumber(true), tonumber({}), tonumber(print))
print(tonumber("inf"), tonumber("nan"), tonumber("infinity"), tonumber("1e400"), tonumber("-1e400"), tonumber("1e-400")) print(tonumber("\t10\n"), tonumber("10\0"), tonumber("0x-1"), tonumber("-0x10"), tonumber("0x1.8"), tonumber("0x1p4"))
--@ tonumber with a base
print(tonumber("ff", 16), tonumber("FF", 16), tonumber("777", 8), tonumber("1010", 2), tonumber("zz", 36), tonumber("10", 10), tonumber("9", 8), tonumber("2", 2), tonumber("g", 16)) print(tonumber("-ff", 16), tonumber("  11  ", 2), tonumber("", 16), tonumber("1.5", 10), tonumber("1.5", 16), tonumber("1e1", 16), tonumber("0x10", 16), tonumber("7fffffffffffffff", 16), tonumber("ffffffffffffffff", 16), tonumber("fffffffffffffffff", 16))
print(pcall(tonumber, "1", 1)) print(pcall(tonumber, "1", 37)) print(pcall(tonumber, "1", "x")) print(pcall(tonumber, {}, 16)) print(pcall(tonumber, nil, 16)) print(tonumber(10, 16), tonumber(1.5, 16), tonumber(12, 2)) print(tonumber("10", nil), tonumber("1e1", 10))
--@ long numerals
print(tonumber("1" .. ("0"):rep(300)), tonumber("0." .. ("0"):rep(300) .. "1"), tonumber(("1"):rep(400)), tonumber("0x" .. ("f"):rep(20)), tonumber("123456789012345678901234567890")) print(tonumber("0.1e1"), tonumber("1E+2"), tonumber("1e-2"), tonumber("1e 2"), tonumber("1e+"))
--@ print
print() print(nil) print(1, nil, "x", true) print("a\0b") print("tab\tinside", "new\nline") print(print == print, select("#", print()))
--@ print uses tostring of the globals
local old, print = tostring, print
tostring = function(x) return "<" .. old(x) .. ">" end print(1, "a", nil)
local function try(f, ...) tostring = f local ok, e = pcall(print, ...) tostring = old print(ok, e) end
try(function() return 1 end, "number instead", 2) try(function() return nil end, "x") try(nil, "x") try(5, "x") try(function() error("t", 0) end, "x") try(function() return {} end)
--@ collectgarbage
print(type(collectgarbage("count")), collectgarbage("count") > 0, collectgarbage(), collectgarbage("collect"), collectgarbage("stop"), collectgarbage("restart")) print(type(collectgarbage("step")), type(collectgarbage("setpause", 200)), type(collectgarbage("setstepmul", 200))) print(pcall(collectgarbage, "bad")) print(pcall(collectgarbage, {})) print(type(gcinfo()))
--@ garbage is collected
local function used() collectgarbage() collectgarbage() return collectgarbage("count") end local before = used() do local t = {} for i = 1, 20000 do t[i] = {i, tostring(i)} end end local after = used() print(after - before < 200)
local s = 0 for i = 1, 200000 do local t = {i} s = s + t[1] end print(s) for i = 1, 50000 do local s = "str" .. i end print(collectgarbage("count") < 20000)
--@ assert gives its arguments
print(select("#", assert(1, nil, 3))) print(assert("x", "y", "z")) print((assert(5)))
--@ next, pairs and ipairs with bad arguments
print(pcall(next, nil)) print(pcall(pairs, 5)) print(pcall(ipairs, "x")) print(pcall(pairs)) print(type(pairs({})), select("#", pairs({}))) local f, s, i = ipairs({5}) print(type(f), type(s), i) print(f(s, 0)) print(f(s, 1)) print(pcall(f)) print(pcall(f, {}, "x"))
--@ getmetatable of a string cannot be set through setmetatable
print(pcall(setmetatable, "x", {})) print(getmetatable("x") == getmetatable("y"))
--@ newproxy
local p = newproxy(true) print(type(p), type(getmetatable(p))) getmetatable(p).__index = function(_, k) return k .. "!" end getmetatable(p).__len = function() return 7 end getmetatable(p).__tostring = function() return "proxy" end print(p.x, #p, tostring(p)) local q = newproxy(p) print(q.y, getmetatable(q) == getmetatable(p), p == q) print(getmetatable(newproxy()), pcall(newproxy, 5))
--@ integer-like floats print without a point
print(1.0, 10 / 2, 2 ^ 31, 1e3, 100.50, 1e14, 1e15, -1e14, 123456789012, 0.1 + 0.7, 3.0 == 3)
--@ select with large and negative positions
print(select(3, 1, 2)) print(pcall(select, -1)) print(pcall(select, -4, 1, 2, 3)) print(select(-1, nil)) print(pcall(select, 0)) print(pcall(select, nil)) print(select("#", select(2, "a", "b", "c")))
--@ unpack of a table with a metatable is raw
print(unpack(setmetatable({}, {__index = function(_, i) return i end}), 1, 3))
--@ rawequal and equality of strings made in different ways
print(rawequal("ab" .. "c", "a" .. "bc"), ("x"):rep(100) == ("x"):rep(100), rawequal(("y"):rep(100), ("y"):rep(100))) print(rawequal(0, -0), rawequal(0/0, 0/0), rawequal(nil, false))
--@ dofile and loadfile are not needed, os and io neither
print(type(dofile) == "function" or dofile == nil, type(os) == "table" or os == nil)
