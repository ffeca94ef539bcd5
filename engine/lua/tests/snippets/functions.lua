--@ parameters and results are adjusted
local function f(a, b) return a, b end
print(f()) print(f(1)) print(f(1, 2)) print(f(1, 2, 3)) print((f(1, 2)))
print(f(1, 2), f(3, 4)) print(({f(1, 2), f(3, 4)})[3])
--@ no results
local function f() end
print(f()) print((f())) print(f(), 1) print(1, f()) print(select("#", f()), select("#", (f())))
print(pcall(f))
--@ calls in the middle give one value
local function two() return 1, 2 end
print(two(), two()) print((two()), two()) print(two() + two(), two() .. two())
local t = {two(), two()} print(#t) t = {two(), (two())} print(#t) t = {[1] = two(), two()} print(#t)
local x, y, z = two(), two() print(x, y, z)
--@ varargs
local function f(...) return select("#", ...), ... end
print(f()) print(f(nil)) print(f(nil, nil)) print(f(1, nil, 3)) print((f(1, 2)))
local function g(a, ...) local b, c = ... return a, b, c, select("#", ...) end
print(g()) print(g(1)) print(g(1, 2, 3, 4))
--@ varargs in tables and calls
local function f(...) local t = {...} return #t, t[1], t[#t] end
print(f(1, 2, 3))
local function g(...) return {..., 10}, {10, ...}, {...} end
local a, b, c = g(1, 2, 3) print(#a, a[2], #b, b[4], #c)
local function h(...) return (...) end print(h(7, 8), h())
local function k(...) local x = ... return x end print(k(7, 8), k())
--@ varargs pass through functions
local function count(...) return select("#", ...) end
local function pass(...) return count(...), count(..., 1), count(1, ...), count((...)) end
print(pass()) print(pass(1, 2, 3)) print(pass(nil, nil))
--@ the old arg table
function f(...) return type(arg) end print(f(1, 2))
function g(...) local n = arg and arg.n return n end print(g(1, 2, nil))
function h(...) return arg.n, arg[1], arg[3], #arg end print(h(1, nil, 3))
function k(...) local x = ... return arg end print(k(1))
--@ the main chunk is a vararg function
print(select("#", ...), ...)
local f = loadstring("return select('#', ...), ...") print(f(1, nil, nil))
--@ select
print(select(1, "a", "b", "c")) print(select(2, "a", "b", "c")) print(select(4, "a", "b", "c"))
print(select(-1, "a", "b", "c")) print(select(-3, "a", "b", "c")) print(select("#")) print(select("2", "a", "b"))
print(pcall(select, 0, "a")) print(pcall(select, -2, "a")) print(pcall(select)) print(pcall(select, "x")) print(pcall(select, {}))
print(select(1.9, "a", "b"))
--@ unpack
print(unpack({1, 2, 3})) print(unpack({1, 2, 3}, 2)) print(unpack({1, 2, 3}, 2, 3)) print(unpack({1, 2, 3}, 0, 4))
print(unpack({1, nil, 3}, 1, 3)) print(unpack({}, 1, 2)) print(unpack({1, 2}, 3)) print(unpack({1, 2}, 5, 2))
print(unpack({[-1] = "a", [0] = "b"}, -1, 0)) print(select("#", unpack({}, 1, 200)))
--@ unpack with bad arguments
print(pcall(unpack)) print(pcall(unpack, 1)) print(pcall(unpack, {}, "x")) print(pcall(unpack, {}, 1, {}))
print(pcall(unpack, {}, 1, 1e6)) print(pcall(unpack, {}, 1, 1e8)) print(pcall(unpack, {}, -1e9, 1e9))
--@ unpack of many
local t = {} for i = 1, 7000 do t[i] = i end
print(select("#", unpack(t))) print((select(7000, unpack(t))))
local function last(...) return (select(select("#", ...), ...)) end print(last(unpack(t)))
print(pcall(unpack, t, 1, 8000))
--@ method calls
local account = {balance = 10}
function account:deposit(n) self.balance = self.balance + n return self end
function account.create(n) return setmetatable({balance = n}, {__index = account}) end
print(account:deposit(5).balance, account.deposit(account, 5).balance)
local other = account.create(100) print(other:deposit(1):deposit(2).balance, account.balance)
print(("abc"):upper(), ("%d"):format(7), ("x"):rep(3), #("abc"):rep(2))
local s = "str" print(s:len(), s:byte(1), s:sub(2))
--@ method calls evaluate the object once
local n = 0
local function object() n = n + 1 return {name = "o" .. n, get = function(self, x) return self.name, x end} end
print(object():get(n)) print(n)
--@ functions with dotted names
local a = {b = {c = {}}}
function a.b.c.f(x) return x end
function a.b.c:g(x) return self == a.b.c, x end
print(a.b.c.f(1), a.b.c:g(2))
--@ calls with strings and tables
local function f(x) return type(x), x[1] or #x end
print(f"abc") print(f[[long]]) print(f{7}) print(f{}) print(type{}, type"")
local t = {f = function(self, x) return x end} print(t:f"s", t:f{1}[1], (t:f[[l]]))
--@ recursion
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end print(fib(20))
local function ack(m, n) if m == 0 then return n + 1 elseif n == 0 then return ack(m - 1, 1) end return ack(m - 1, ack(m, n - 1)) end
print(ack(2, 9))
local even, odd
function even(n) if n == 0 then return true end return odd(n - 1) end
function odd(n) if n == 0 then return false end return even(n - 1) end
print(even(10001), odd(10001))
--@ tail calls do not use up the stack
local function loop(n, acc) if n == 0 then return acc end return loop(n - 1, acc + 1) end
print(loop(1000000, 0))
local o = {} function o:run(n) if n == 0 then return "done" end return self:run(n - 1) end print(o:run(300000))
local function many(n, ...) if n == 0 then return ... end return many(n - 1, n, ...) end print(select("#", many(100)))
--@ a call in parentheses is no tail call
local function f(n) if n == 0 then return 0 end return (f(n - 1)) end
print(f(1000)) print(pcall(f, 1e6))
--@ stack overflow is an error
local function f(n) return 1 + f(n + 1) end
local ok, message = pcall(f, 1) print(ok, message)
local depth = 0 local function g() depth = depth + 1 g() end
print(pcall(g)) print(depth > 15000, depth < 250000)
--@ stack overflow can be caught and the program goes on
local function f() return f() + 1 end
for i = 1, 3 do print((pcall(f))) end
local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end})
local ok, m = pcall(function() return t[1] end) print(ok, (m:gsub("^.-:%d+: ", "")))
--@ functions are values
local ops = {add = function(a, b) return a + b end, sub = function(a, b) return a - b end}
print(ops.add(1, 2), ops["sub"](5, 3), (function(x) return x * 2 end)(21))
local function compose(f, g) return function(...) return f(g(...)) end end
print(compose(math.abs, math.floor)(-2.5), compose(tostring, ops.add)(1, 2) .. "!")
print(type(print), type(function() end), print == print, (function() end) == (function() end))
--@ arguments are evaluated from left to right
local log = {}
local function n(x) log[#log + 1] = x return x end
print(n(1), n(2), n(3)) n(n(4) + n(5)) print(table.concat(log, " "))
--@ calling what is no function
local t, n, s = {x = {}}, nil, "str"
print(pcall(function() t() end)) print(pcall(function() n() end)) print(pcall(function() s() end))
print(pcall(function() t.x() end)) print(pcall(function() t.y() end)) print(pcall(function() t.x.y() end))
print(pcall(function() t:m() end)) print(pcall(function() undefined() end)) print(pcall(function() undefined.f() end))
print(pcall(function() s:nothing() end)) print(pcall(function() (1)() end)) print(pcall(function() ("x")() end))
print(pcall(function() t[1]() end)) print(pcall(function() (t or n)() end)) print(pcall(function() return t() end))
print(pcall(function() t.x.y.z() end)) print(pcall(function() local a = 5; a.b() end)) print(pcall(nil)) print(pcall({}))
--@ long argument lists
local t = {} for i = 1, 250 do t[i] = i end
local f = loadstring("return select('#', " .. table.concat(t, ",", 1, 240) .. ")") print(f()) print(loadstring("return f(" .. table.concat(t, ",") .. ",1,2,3)", "=c"))
local g = loadstring("local t = ... return t(" .. table.concat(t, ",", 1, 240) .. ")")
print(g(function(...) return (select(240, ...)) end))
print(math.max(unpack(t)), #{unpack(t)})
--@ fixed arguments, missing ones and extra ones through pcall
local function f(a, b, ...) return a, b, select("#", ...) end
print(pcall(f)) print(pcall(f, 1)) print(pcall(f, 1, 2, 3, 4)) print(pcall(pcall, f, 1))
print(pcall(select, "#", nil, nil))
