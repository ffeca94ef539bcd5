--@ globals are fields of _G
x = 1 print(_G.x, _G["x"], _G._G == _G) _G.y = 2 print(y) _G["with space"] = 3 print(_G["with space"]) x = nil print(rawget(_G, "x"), x)
local _G = {} z = 1 print(_G.z, z)
--@ setfenv of a function
local function f() return x end x = "global" print(f()) setfenv(f, {x = "private"}) print(f(), x) print(getfenv(f).x, getfenv(f) == _G) setfenv(f, _G) print(f())
print(setfenv(f, {}) == f)
--@ setfenv of the caller
local print = print local function f() setfenv(1, {a = 5}) print(a) b = 6 print(b) return a + b end print(f(), a, b)
local function g() local function h() setfenv(2, {v = "from h"}) end h() return v end print(g())
--@ an assignment in an environment does not leak
local env = {} local f = setfenv(function() leaked = 1 return leaked end, env) print(f(), leaked, env.leaked)
--@ environments with __index to _G
local env = setmetatable({}, {__index = _G}) local f = setfenv(function() x1 = 10 print(x1, type(print)) return tostring(x1) end, env) print(f(), x1, env.x1)
--@ closures inherit the environment of where they are made
local function make() return function() return v end end v = "g" local f1 = make() setfenv(make, {v = "e"}) local f2 = make() print(f1(), f2()) setfenv(make, {v = "e2"}) print(f2(), make()())
--@ getfenv by level
print(getfenv() == _G, getfenv(0) == _G, getfenv(1) == _G, getfenv(print) == _G) local e = {getfenv = getfenv} print(setfenv(function() return getfenv() == e, getfenv(1) == e, getfenv(0) == e end, setmetatable(e, nil))())
local function outer() local function inner() return getfenv(2) end return (inner()) end print(outer() == _G)
--@ bad arguments of getfenv and setfenv
print(pcall(getfenv, -1)) print(pcall(getfenv, 100)) print(pcall(getfenv, {})) print(pcall(getfenv, "x")) print(pcall(setfenv, 1)) print(pcall(setfenv, 100, {})) print(pcall(setfenv, -1, {})) print(pcall(setfenv, {}, {})) print(pcall(setfenv)) print(pcall(setfenv, print, {})) print(pcall(setfenv, function() end, 5)) print(pcall(setfenv, "x", {}))
--@ protected environments
local f = setfenv(function() end, setmetatable({}, {__fenv = "hidden"})) print(type(getfenv(f)), getfenv(f) == "hidden") print((pcall(setfenv, f, {})))
--@ loadstring and its environment
x = "global" local f = loadstring("return x") print(f()) setfenv(f, {x = "own"}) print(f(), loadstring("return x")())
local function in_env() return loadstring("return x")() end setfenv(in_env, {loadstring = loadstring, x = "private"}) print(in_env())
--@ loadstring
print(loadstring("return 1, 2")()) print(loadstring("x =")) print(pcall(loadstring)) print(pcall(loadstring, {})) print(pcall(loadstring, 5)) print(loadstring("error('run')", "=n") ~= nil) print(loadstring("return 1", 5) ~= nil)
local n = 0 local f = loadstring("local a = ... return a * 2, ...") print(f(4, 5))
--@ load
local parts = {"return ", "1 + ", "2", nil} local i = 0 print(load(function() i = i + 1 return parts[i] end)()) print(type(load(function() return nil end))) print(load(function() return "" end) ~= nil) print(pcall(load, function() error("in reader", 0) end))
print(pcall(load, function() return {} end)) i = 0 print(load(function() i = i + 1 return ({"return ", "x +", nil})[i] end, "=name")) print(pcall(load, "return 1")) print(pcall(load)) i = 0 print(pcall(load(function() i = i + 1 return i <= 3 and ("error('e" .. i .. "')\n") or nil end)))
--@ globals that do not exist
print(undefined, _G.undefined, rawget(_G, "undefined")) undefined = 5 print(undefined) undefined = nil print(undefined)
--@ a strict _G
local ok = setmetatable(_G, {__index = function(_, k) error("undeclared " .. k, 2) end, __newindex = function(_, k, v) error("assignment to undeclared " .. k, 2) end}) == _G print(ok)
print(pcall(function() return foo end)) print(pcall(function() bar = 1 end)) rawset(_G, "declared", 1) print(declared) declared = 2 print(declared) setmetatable(_G, nil) print(foo)
--@ a sandbox
local function sandbox(code, env) local f, e = loadstring(code, "=sandbox") if not f then return nil, e end setfenv(f, env) return pcall(f) end
print(sandbox("return a + b", {a = 1, b = 2})) print(sandbox("print('x')", {})) print(sandbox("x = 5 return x", {})) print(x) print(sandbox("return )", {})) local e = {} print(sandbox("function f(n) return n * 2 end return f(21)", e)) print(e.f(4), f)
--@ modules by hand
local M = {} do local _ENV_ = M local function hidden() return "hidden" end function M.visible() return hidden() .. " but reachable" end end print(M.visible(), hidden)
--@ names of the global functions
local names = {} for _, n in ipairs{"assert", "collectgarbage", "error", "getfenv", "getmetatable", "ipairs", "load", "loadstring", "next", "pairs", "pcall", "print", "rawequal", "rawget", "rawset", "select", "setfenv", "setmetatable", "tonumber", "tostring", "type", "unpack", "xpcall"} do names[#names + 1] = type(_G[n]) end print(table.concat(names, " ")) print(_VERSION, type(string), type(table), type(math), type(coroutine), rawlen, table.unpack, table.pack, math.pow ~= nil)
--@ the functions of the libraries
local function list(t) local out = {} for k in pairs(t) do out[#out + 1] = k end table.sort(out) return table.concat(out, " ") end print(list(string)) print(list(table)) print(list(math)) print(list(coroutine))
