--@ getmetatable and setmetatable
local mt = {} local t = setmetatable({}, mt) print(getmetatable(t) == mt, getmetatable({}), getmetatable(1), type(getmetatable("")))
print(getmetatable("").__index == string, setmetatable(t, nil) == t, getmetatable(t))
print(pcall(setmetatable, 1, {})) print(pcall(setmetatable, {}, 1)) print(pcall(setmetatable, {})) print(pcall(getmetatable))
--@ protected metatables
local t = setmetatable({}, {__metatable = "locked"}) print(getmetatable(t)) print(pcall(setmetatable, t, {})) print(pcall(setmetatable, t, nil))
print(getmetatable(setmetatable({}, {__metatable = false})))
--@ arithmetic events
local mt = {} local function name(x) return type(x) == "table" and x.n or tostring(x) end
for _, op in ipairs{"add", "sub", "mul", "div", "mod", "pow", "concat"} do
  mt["__" .. op] = function(a, b) return op .. "(" .. name(a) .. "," .. name(b) .. ")" end
end
mt.__unm = function(a, b) return "unm(" .. name(a) .. "," .. tostring(rawequal(a, b)) .. ")" end
local a, b = setmetatable({n = "a"}, mt), setmetatable({n = "b"}, mt)
print(a + b, a - 1, 2 * a, a / "x", "y" % a, a ^ nil, -a) print(a .. b, a .. "s", "s" .. a, 1 .. a, a .. 1) print("x" .. "y" .. a, a .. "x" .. "y", a .. b .. a)
print(nil + a, true - a, a / print == nil)
--@ the first operand's handler is taken first
local a = setmetatable({}, {__add = function() return "left" end}) local b = setmetatable({}, {__add = function() return "right" end}) local c = setmetatable({}, {})
print(a + b, b + a, c + b, b + c, 1 + b, a + 1) print(pcall(function() return c + c end)) print(pcall(function() return c + 1 end))
--@ handlers give one value
local mt = {__add = function() return 1, 2, 3 end, __index = function() return 4, 5 end, __call = function() return 6, 7 end, __unm = function() end, __concat = function() return nil end}
local t = setmetatable({}, mt) print(t + t, (t.x), t.x) print(t()) print(-t, t .. t)
--@ __index functions and tables
local t = setmetatable({own = 1}, {__index = function(t, k) return type(t) .. ":" .. tostring(k) end}) print(t.own, t.other, t[1], t[true])
local base = {x = "base x", y = "base y"} local mid = setmetatable({y = "mid y"}, {__index = base}) local top = setmetatable({}, {__index = mid})
print(top.x, top.y, top.z, rawget(top, "x")) base.z = "new" print(top.z)
--@ __index of other types
local t = setmetatable({}, {__index = "a string"}) print(t.len == string.len, t.x) print(pcall(function() local t = setmetatable({}, {__index = 5}) return t.x end))
print(pcall(function() local t = setmetatable({}, {__index = true}) return t.x.y end))
string.twice = function(s) return s .. s end print(("ab"):twice(), ("x").twice("y")) string.twice = nil
--@ __newindex functions and tables
local log = {} local t = setmetatable({old = 1}, {__newindex = function(t, k, v) log[#log + 1] = k .. "=" .. tostring(v) rawset(t, k, v) end})
t.old = 2 t.new = 3 t.new = 4 t[1] = 5 t.gone = nil print(table.concat(log, " "), t.old, t.new, t[1])
local store = {} local u = setmetatable({}, {__newindex = store}) u.x = 1 print(rawget(u, "x"), store.x) print(pcall(function() local t = setmetatable({}, {__newindex = 5}) t.x = 1 end))
--@ chains of __newindex
local last = {} local mid = setmetatable({}, {__newindex = last}) local first = setmetatable({}, {__newindex = mid}) first.a = 1 print(rawget(first, "a"), rawget(mid, "a"), last.a)
rawset(mid, "b", 0) first.b = 2 print(rawget(mid, "b"), last.b)
--@ __call
local t = setmetatable({}, {__call = function(self, ...) return self ~= nil, select("#", ...), ... end}) print(t()) print(t(1, nil)) print(pcall(t, "x")) print((t("a")))
local u = setmetatable({}, {__call = t}) print(pcall(u, 1)) local v = setmetatable({}, {__call = 5}) print(pcall(v)) print(pcall(function() v() end))
local m = {f = t} print(select(2, m:f(1)) , select("#", m:f(1)), select(4, m:f(1))) print(select("#", t(1, 2, 3)))
--@ __call in a tail position
local n = 0 local t t = setmetatable({}, {__call = function(self, k) n = n + 1 if k == 0 then return "end", n end return t(k - 1) end}) print(t(1000))
--@ __eq
local calls = 0 local mt = {__eq = function(a, b) calls = calls + 1 return a.v == b.v end}
local a, b, c = setmetatable({v = 1}, mt), setmetatable({v = 1}, mt), setmetatable({v = 2}, mt) print(a == b, a ~= b, a == c, a == a, a == 1, a == {}, calls)
local d = setmetatable({v = 1}, {__eq = function() return true end}) print(a == d, d == a) local e = setmetatable({v = 9}, {__eq = mt.__eq}) print(a == e)
print(setmetatable({}, {__eq = function() return 1 end}) == setmetatable({}, {__eq = function() return 1 end}))
local f = function() return nil end print(setmetatable({}, {__eq = f}) == setmetatable({}, {__eq = f}))
local g = function() return 1 end print(setmetatable({}, {__eq = g}) == setmetatable({}, {__eq = g}))
--@ __lt and __le
local mt = {__lt = function(a, b) return a.v < b.v end, __le = function(a, b) return a.v <= b.v end}
local a, b = setmetatable({v = 1}, mt), setmetatable({v = 2}, mt) print(a < b, a > b, a <= b, a >= b, a <= a, a < a, not (a < b))
local only = {__lt = function(a, b) return a.v < b.v end} local c, d = setmetatable({v = 1}, only), setmetatable({v = 2}, only) print(c < d, c <= d, c >= d, d <= c, c <= c)
print(pcall(function() return a < 1 end)) print(pcall(function() return a < {} end)) print(pcall(function() return a < c end)) print(pcall(function() return 1 <= a end))
--@ __lt of different metatables
local f = function(a, b) return "called" end local a, b = setmetatable({}, {__lt = f}), setmetatable({}, {__lt = f}) print(a < b, b > a)
local c = setmetatable({}, {__lt = function() return true end}) print(pcall(function() return a < c end)) print(pcall(function() return a <= b end))
--@ __le missing asks __lt with the operands swapped
local log = {} local mt = {__lt = function(a, b) log[#log + 1] = a.n .. "<" .. b.n return false end} local a, b = setmetatable({n = "a"}, mt), setmetatable({n = "b"}, mt)
print(a <= b, a >= b, a < b, a > b) print(table.concat(log, " "))
--@ __len is not asked for tables
local t = setmetatable({1, 2}, {__len = function() return 42 end}) print(#t)
--@ __tostring
print(tostring(setmetatable({}, {__tostring = function(t) return "mine" end}))) print(setmetatable({}, {__tostring = function() return "by print" end}))
print(pcall(print, setmetatable({}, {__tostring = function() return 1 end}))) print(pcall(tostring, setmetatable({}, {__tostring = function() return nil end}))) print(type(tostring(setmetatable({}, {__tostring = function() return {} end}))))
print(pcall(tostring, setmetatable({}, {__tostring = function() error("in tostring") end}))) print(pcall(tostring, setmetatable({}, {__tostring = 1})))
--@ __tostring with values that are no strings
print(tostring(setmetatable({}, {__tostring = function() return 12 end})), pcall(print, setmetatable({}, {__tostring = function() return true end})))
--@ __concat in long chains
local mt = {__concat = function(a, b) local function s(x) return type(x) == "table" and x[1] or x end return setmetatable({"(" .. s(a) .. s(b) .. ")"}, getmetatable(type(a) == "table" and a or b)) end}
local x = setmetatable({"x"}, mt) print(("a" .. x .. "b" .. "c")[1], (x .. x .. x)[1], ("a" .. "b" .. "c" .. x .. "d" .. "e" .. x)[1], (1 .. 2 .. x)[1])
--@ __unm of a string is none
print(-"2", - -"0x10") print(pcall(function() return -{} end)) print(-setmetatable({}, {__unm = function() return "neg" end}))
--@ __mod and __pow and __div by zero with handlers
local m = setmetatable({}, {__mod = function(a, b) return "mod" end, __pow = function() return "pow" end, __div = function() return "div" end}) print(m % 0, 0 % m, m ^ 0, 0 ^ m, m / 0, 0 / m)
--@ __index with rawget inside and default values
local function default(t, d) return setmetatable(t, {__index = function(t, k) local v = {} rawset(t, k, v) return v end}) end
local t = default({}) t.a.x = 1 t.b.y = 2 print(t.a.x, t.b.y, rawget(t, "c"), type(t.c), rawget(t, "c") ~= nil)
--@ classes with inheritance
local function class(parent) local c = {} c.__index = c if parent then setmetatable(c, {__index = parent}) end
  c.new = function(...) local o = setmetatable({}, c) if o.init then o:init(...) end return o end return c end
local Animal = class() function Animal:init(name) self.name = name end function Animal:speak() return self.name .. " makes a sound" end function Animal:kind() return "animal" end
local Dog = class(Animal) function Dog:init(name, breed) Animal.init(self, name) self.breed = breed end function Dog:speak() return Animal.speak(self) .. ": woof" end
local Puppy = class(Dog) local p = Puppy.new("Rex", "poodle") print(p:speak(), p:kind(), p.breed, getmetatable(p) == Puppy, Animal.new("x"):speak())
--@ a vector class with all operators
local V = {} V.__index = V local function vec(x, y) return setmetatable({x = x, y = y}, V) end
V.__add = function(a, b) return vec(a.x + b.x, a.y + b.y) end V.__sub = function(a, b) return vec(a.x - b.x, a.y - b.y) end V.__unm = function(a) return vec(-a.x, -a.y) end
V.__mul = function(a, b) if type(a) == "number" then return vec(a * b.x, a * b.y) elseif type(b) == "number" then return vec(a.x * b, a.y * b) end return a.x * b.x + a.y * b.y end
V.__eq = function(a, b) return a.x == b.x and a.y == b.y end V.__lt = function(a, b) return a:len() < b:len() end V.__tostring = function(a) return "(" .. a.x .. ", " .. a.y .. ")" end V.__concat = function(a, b) return tostring(a) .. tostring(b) end
V.__call = function(a, k) return a[k] end function V:len() return math.sqrt(self.x ^ 2 + self.y ^ 2) end
local a, b = vec(3, 4), vec(1, 2) print(tostring(a + b), tostring(a - b), tostring(-a), a * b, tostring(2 * a), tostring(a * 2), a == vec(3, 4), a < b, a > b, a .. b, a .. "!", a("x"), a:len())
--@ read-only tables and proxies
local function readonly(t) return setmetatable({}, {__index = t, __newindex = function(_, k) error("read-only: " .. tostring(k), 2) end}) end
local r = readonly({x = 1}) print(r.x, r.y) print(pcall(function() r.x = 2 end)) print(pcall(function() r.z = 2 end)) print(next(r))
--@ tracking accesses
local log = {} local real = {a = 1} local t = setmetatable({}, {__index = function(_, k) log[#log + 1] = "get " .. k return real[k] end, __newindex = function(_, k, v) log[#log + 1] = "set " .. k real[k] = v end})
t.b = t.a t.a = t.b + 1 t.a = nil print(table.concat(log, ", "), real.a, real.b)
--@ loops in __index
local a, b = {}, {} setmetatable(a, {__index = b}) setmetatable(b, {__index = a}) print(pcall(function() return a.x end)) local c = {} setmetatable(c, {__index = c}) print(pcall(function() return c.x end))
local d, e = {}, {} setmetatable(d, {__newindex = e}) setmetatable(e, {__newindex = d}) print(pcall(function() d.x = 1 end))
--@ errors in handlers name their place
local t = setmetatable({}, {__index = function(t, k) error("no field " .. k, 2) end, __add = function() error("cannot add") end})
print(pcall(function() return t.foo end)) print(pcall(function() return t + 1 end)) print(pcall(function() local x = t.a .. "b" end))
--@ handlers that change under way
local mt = {} local t = setmetatable({}, mt) print(pcall(function() return t + 1 end)) mt.__add = function() return "later" end print(t + 1) mt.__add = nil print(pcall(function() return t + 1 end))
mt.__index = {x = 1} print(t.x) mt.__index = nil print(t.x) mt.__call = function() return "called" end print(t()) mt.__eq = function() return true end print(t == setmetatable({}, mt)) mt.__eq = nil print(t == setmetatable({}, mt))
--@ absent handlers are remembered rightly
local mt = {} local t = setmetatable({}, mt) for i = 1, 3 do print(t.x) end mt.__index = function() return "found" end print(t.x) rawset(mt, "__index", nil) print(t.x) rawset(mt, "__index", function() return "raw" end) print(t.x)
mt.__newindex = function(t, k, v) rawset(t, k, v * 2) end t.y = 5 print(t.y) mt.__newindex = nil t.z = 5 print(t.z)
--@ nothing by the name of a type
print(pcall(function() return ("a") < 1 end)) print(getmetatable(print), getmetatable(nil), getmetatable(true)) print(pcall(function() return (true).x end))
--@ string metatable handlers
local mt = getmetatable("") mt.__add = function(a, b) return "added " .. tostring(a) .. tostring(b) end print("a" + 1, "1" + 1, 1 + "b") mt.__add = nil
mt.__call = function(s, x) return s .. x end print(("f")("x")) mt.__call = nil mt.__index = function(s, i) return string.sub(s, i, i) end print(("abc")[2]) mt.__index = string print(("abc"):len())
mt.__unm = function(s) return s:reverse() end print(-"abc", -"12") mt.__unm = nil mt.__lt = function() return "lt" end print("a" < "b", pcall(function() return "a" < 1 end)) mt.__lt = nil
--@ __gc and __mode do no harm
local t = setmetatable({}, {__gc = function() print("never for tables") end, __mode = "k"}) t = nil collectgarbage() print("ok")
local weak = setmetatable({}, {__mode = "v"}) weak[1] = {} weak[2] = "kept" weak.x = 5 collectgarbage() print(weak[1], weak[2], weak.x)
local wk = setmetatable({}, {__mode = "k"}) wk[{}] = 1 wk["s"] = 2 local key = {} wk[key] = 3 collectgarbage() local n = 0 for k in pairs(wk) do n = n + 1 end print(n, wk[key], wk.s)
local both = setmetatable({}, {__mode = "kv"}) both[1] = {} both[{}] = 1 both[2] = key collectgarbage() print(both[1], both[2] == key, (next(both)))
--@ what is no key is none for __newindex either
local o = setmetatable({}, {__newindex = function(t, k, v) print("asked", k, v) end})
print(pcall(function() o[nil] = 1 end)) print(pcall(function() o[0/0] = 1 end)) print(pcall(function() o[1] = nil end))
