--@ ended: deep recursion
local function f() return 1 + f() end
print((pcall(f)))
--@ ended: deep recursion of two
local a, b
function a() return 1 + b() end
function b() return 1 + a() end
print((pcall(a)))
--@ ended: deep recursion through pcall
local function f() local ok, message = pcall(f) if not ok then error(message, 0) end return message end
print((pcall(f)))
--@ ended: deep recursion through __index
local t = setmetatable({}, {__index = function(t, k) return t[k .. "x"] end})
print((pcall(function() return t.x end)))
--@ ended: a chain of __index that has no end
local t = {} setmetatable(t, {__index = t})
print(pcall(function() return t.x end))
--@ ended: a long chain of __index
local t = {} for i = 1, 100000 do t = setmetatable({}, {__index = t}) end
print((pcall(function() return t.x end)))
--@ ended: a long chain of __call
local f = function() end for i = 1, 100000 do f = setmetatable({}, {__call = f}) end
print((pcall(f)))
--@ ended: deep recursion through __add, __concat, __lt and __unm
local mt = {} for _, e in ipairs({"__add", "__concat", "__lt", "__unm"}) do mt[e] = function(a, b) return e == "__add" and a + b or e == "__concat" and a .. b or e == "__lt" and a < b or -a end end
local t, u = setmetatable({}, mt), setmetatable({}, mt)
print((pcall(function() return t + u end)), (pcall(function() return t .. u end)), (pcall(function() return t < u end)), (pcall(function() return -t end)))
--@ ended: brackets without end in source
print(loadstring(("("):rep(100000)) == nil, loadstring("x = " .. ("{"):rep(100000)) == nil, loadstring(("do "):rep(100000)) == nil)
--@ ended: operators without end in source
print(loadstring("x = " .. ("-"):rep(1) .. ("not "):rep(100000)) == nil, loadstring("x = " .. ("a.."):rep(100000) .. "a") == nil, loadstring("x = " .. ("2^"):rep(100000) .. "2") == nil)
--@ ended: functions in functions in source
print(loadstring(("function f() "):rep(100000)) == nil, loadstring("return " .. ("function() return "):rep(100000)) == nil, loadstring(("f("):rep(100000)) == nil, loadstring(("if x then "):rep(100000)) == nil)
--@ ended: long source
print(loadstring(("x = 1 "):rep(100000)) ~= nil, loadstring("x = " .. ("1 + "):rep(100000) .. "1") ~= nil, loadstring("local t = {" .. ("1,"):rep(100000) .. "}") ~= nil, loadstring(("a"):rep(1000000)) == nil)
--@ ended: too many of everything in source
local names = {} for i = 1, 300 do names[i] = "a" .. i end
print(loadstring("local " .. table.concat(names, ",")) == nil, loadstring(table.concat(names, ",") .. " = 1") == nil, loadstring("f(" .. table.concat(names, ",") .. ")") == nil, loadstring("function f(" .. table.concat(names, ",") .. ") end") == nil)
--@ ended: deep tables are collected
local t = {} for i = 1, 300000 do t = {t} end t = nil collectgarbage() print("ok")
--@ ended: a long chain of closures is collected
local f = function() end for i = 1, 200000 do local g = f f = function() return g end end f = nil collectgarbage() print("ok")
--@ ended: tables with themselves as metatables
local t = {} t.__index = t t.__newindex = t t.__call = t setmetatable(t, t)
print((pcall(function() return t.x end)), (pcall(function() t.x = 1 end)), (pcall(t)))
