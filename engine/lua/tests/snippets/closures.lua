--@ counters
local function counter() local n = 0 return function() n = n + 1 return n end end
local a, b = counter(), counter()
print(a(), a(), b(), a(), b())
--@ closures that share a variable
local function pair() local x = 0 return function() x = x + 1 return x end, function() return x end, function(v) x = v end end
local inc, get, set = pair() inc() inc() print(get()) set(10) print(inc(), get())
--@ a closure for each round of a numeric loop
local fs = {}
for i = 1, 3 do fs[i] = function() i = i + 1 return i end end
print(fs[1](), fs[1](), fs[2](), fs[3](), fs[1]())
--@ a closure for each round of a generic loop
local fs = {}
for k, v in pairs({10, 20, 30}) do fs[k] = function() v = v + k return k, v end end
print(fs[1]()) print(fs[1]()) print(fs[2]()) print(fs[3]())
--@ closures in while and repeat loops
local fs, i = {}, 1
while i <= 3 do local j = i fs[i] = function() j = j * 2 return j, i end i = i + 1 end
print(fs[1]()) print(fs[1]()) print(fs[3]())
local n = 0 local gs = {}
repeat local x = n gs[#gs + 1] = function() return x end n = n + 1 until (function() return x >= 2 end)()
print(#gs, gs[1](), gs[2](), gs[3]())
--@ a break closes what is open
local f
for i = 1, 10 do local x = i * i f = function() x = x + 1 return x, i end if i == 3 then break end end
print(f()) print(f())
while true do local y = 5 f = function() y = y + 1 return y end break end print(f(), f())
--@ a return closes what is open
local function make() for i = 1, 5 do local x = i if i == 3 then return function() x = x + 1 return x, i end end end end
local f = make() print(f()) print(f())
--@ parameters and varargs as upvalues
local function f(a, b, ...) local rest = {...} return function(c) a = a + 1 return a, b, c, #rest, rest[1] end end
local g = f(1, 2, "x", "y") print(g(3)) print(g(4))
--@ several levels
local function l1() local a = 1 return function() local b = 10 return function() local c = 100 return function()
  a, b, c = a + 1, b + 1, c + 1 return a, b, c end end end end
local f1 = l1() local f2, f2b = f1(), f1() local f3, f3b, f3c = f2(), f2b(), f2()
print(f3()) print(f3b()) print(f3c()) print(f3())
--@ an upvalue that nobody in between uses
local function outer(x) return function() return function() return function() return x end end end end
print(outer(7)()()())
--@ assignments before and after capture
local x = 1 local function get() return x end x = 2 print(get()) local function set(v) x = v end set(3) print(x, get())
do local x = 10 print(get(), x) end
--@ shadowed names are different variables
local x = 1 local f = function() return x end local x = 2 local g = function() return x end
print(f(), g()) x = 3 print(f(), g())
--@ recursive closures
local function make() local f f = function(n) if n == 0 then return 1 end return n * f(n - 1) end return f end print(make()(6))
local t = {} function t.fact(n) return n == 0 and 1 or n * t.fact(n - 1) end print(t.fact(6))
local y = function(f) return (function(x) return x(x) end)(function(x) return f(function(...) return x(x)(...) end) end) end
print(y(function(self) return function(n) return n < 2 and n or self(n - 1) + self(n - 2) end end)(15))
--@ closures outlive an error
local get
print(pcall(function() local x = 5 get = function() x = x + 1 return x end error("e") end))
print(get(), get())
--@ closures in a coroutine outlive it
local get
local co = coroutine.wrap(function() local x = 1 get = function() x = x + 1 return x end coroutine.yield(x) x = 100 end)
print(co()) print(get()) co() print(get())
--@ objects made of closures
local function stack()
  local items, n = {}, 0
  local self = {}
  function self.push(...) for i = 1, select("#", ...) do n = n + 1 items[n] = (select(i, ...)) end return self end
  function self.pop() if n == 0 then return nil, "empty" end local x = items[n] items[n] = nil n = n - 1 return x end
  function self.size() return n end
  return self
end
local s, u = stack(), stack() s.push(1, 2, 3).push("x") u.push("u")
print(s.pop(), s.pop(), s.size(), u.size(), u.pop()) print(u.pop())
--@ memoize and curry
local calls = 0
local function memo(f) local c = {} return function(x) local v = c[x] if v == nil then v = f(x) c[x] = v end return v end end
local fib fib = memo(function(n) calls = calls + 1 return n < 2 and n or fib(n - 1) + fib(n - 2) end)
print(fib(50), calls)
local function curry(f, n, ...) local a = {...} if #a >= n then return f(unpack(a)) end
  return function(x) local b = {unpack(a)} b[#b + 1] = x return curry(f, n, unpack(b)) end end
print(curry(function(a, b, c) return a .. b .. c end, 3)("x")("y")("z"))
--@ many upvalues
local a1, a2, a3, a4, a5, a6, a7, a8 = 1, 2, 3, 4, 5, 6, 7, 8
local function f() a1, a2, a3, a4 = a2, a3, a4, a1 return function() a5, a6, a7, a8 = a8, a7, a6, a5 return a1 + a5 * 10, a2, a3, a4, a5, a6, a7, a8 end end
print(f()()) print(f()()) print(a1, a8)
--@ a loop variable captured in its own bounds
for i = 1, 2 do local f = function(n) local s = 0 for i = i, n do s = s + i end return s end print(f(4)) end
--@ closures as keys
local f, g = function() end, function() end local t = {[f] = "f", [g] = "g", [print] = "print"}
print(t[f], t[g], t[print], t[function() end])
--@ accumulate in nested loops
local out = {}
for i = 1, 3 do for j = 1, 2 do local k = i * 10 + j out[#out + 1] = function() k = k + 1 return k end end end
for round = 1, 2 do local line = {} for i, f in ipairs(out) do line[i] = f() end print(table.concat(line, " ")) end
