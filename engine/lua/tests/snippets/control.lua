--@ if and elseif
local function f(x)
  if x < 0 then return "negative" elseif x == 0 then return "zero" elseif x < 10 then return "small" else return "large" end
end
print(f(-1), f(0), f(5), f(50))
if nil then print("no") elseif false then print("no") end
if 0 then print("zero is true") end if "" then print("empty is true") end
--@ while
local i = 0
while i < 3 do i = i + 1 print(i) end
while true do i = i - 1 if i < 0 then break end end print(i)
while false do print("never") end
--@ repeat sees its locals in the condition
local n = 0
repeat local done = n >= 2; n = n + 1; print(n) until done
repeat local x = n; n = n - 1 until x < 1
print(n)
--@ numeric for
for i = 1, 3 do print(i) end
for i = 3, 1 do print("never") end
for i = 3, 1, -1 do print(i) end
for i = 1, 10, 4 do print(i) end
for i = -1, -3, -1 do print(i) end
--@ numeric for with float steps
for i = 0, 1, 0.25 do print(i) end
for i = 0, 1, 0.1 do print(i, i == 0.3) end
for i = 1, 0, -0.3 do print(i) end
for i = 0.5, 2 do print(i) end
--@ a step of zero does not end when below the limit
local n = 0
for i = 1, 2, 0 do n = n + 1 if n > 3 then break end end print(n)
for i = 2, 1, 0 do n = n + 1 if n > 8 then break end end print(n)
--@ numeric for with strings and infinities
for i = "1", "3" do print(i, type(i)) end
for i = "10", 8, "-1" do print(i) end
local n = 0 for i = 1, math.huge do n = n + 1 if n == 5 then break end end print(n)
for i = math.huge, 1 do print("never") end for i = 1, -math.huge do print("never") end
for i = 0/0, 1 do print("never") end for i = 1, 0/0 do print("never") end
--@ the loop variable is a copy
for i = 1, 3 do local j = i i = i * 10 print(i, j) end
local i = "outside" for i = 1, 1 do end print(i)
--@ the bounds are evaluated once
local function say(x) print("eval", x) return x end
for i = say(1), say(2), say(1) do print(i) end
local n = 3 for i = 1, n do n = 1 print(i) end
--@ errors of numeric for
print(pcall(function() for i = "a", 2 do end end)) print(pcall(function() for i = 1, {} do end end))
print(pcall(function() for i = 1, 2, nil do end end)) print(pcall(function() for i = nil, 2 do end end))
print(pcall(function() for i = 1, 2, "x" do end end)) print(pcall(function() for i = true, {}, print do end end))
--@ generic for
for k, v in pairs({10, 20, 30}) do print(k, v) end
for i, v in ipairs({"a", "b", nil, "d"}) do print(i, v) end
for k in next, {5} do print(k) end
for w in ("one two three"):gmatch("%a+") do print(w) end
--@ generic for with an iterator of one's own
local function range(n) return function(limit, i) if i < limit then return i + 1, i * i end end, n, 0 end
for i, square in range(4) do print(i, square) end
local function stateless() local i = 0 return function() i = i + 1 if i <= 2 then return i, "x", "y", "z" end end end
for a, b, c, d, e in stateless() do print(a, b, c, d, e) end
--@ generic for drops extra values and fills with nil
for a, b, c in function(s, v) if not v then return 1, 2 end end do print(a, b, c) end
local function three() return next, {7}, nil, "extra" end
for k, v in three() do print(k, v) end
--@ errors of generic for
print(pcall(function() for x in nil do end end)) print(pcall(function() for x in {} do end end))
print(pcall(function() for x in 5 do end end)) print(pcall(function() for x in pairs(nil) do end end))
print(pcall(function() for x in "abc" do end end)) print(pcall(function() local t = {} for x in t.iter do end end))
print(pcall(function() for x in pairs() do end end)) print(pcall(function() for x in ipairs(5) do end end))
--@ a table that is callable iterates
local t = setmetatable({}, {__call = function(self, state, i) i = i + 1 if i <= state then return i end end})
for i in t, 3, 0 do print(i) end
--@ breaking out of nested loops
for i = 1, 3 do
  for j = 1, 3 do
    if j == 2 then break end
    print(i, j)
  end
  if i == 2 then break end
end
for i = 1, 2 do while true do repeat break until true break end print("after", i) end
--@ blocks have their own locals
local x = 1
do local x = 2 print(x) do local x = 3 print(x) end print(x) end
print(x)
if true then local x = 4 print(x) end print(x)
local x = x + 10 print(x)
local y = y print(y)
--@ a local function sees itself, a local's value does not
local function fact(n) return n <= 1 and 1 or n * fact(n - 1) end
print(fact(10))
local g = function(n) return g end
print(g(1))
local h = h print(h)
--@ multiple assignment
local a, b, c = 1, 2 print(a, b, c)
a, b = b, a print(a, b)
a, b, c = 1 print(a, b, c)
a, b = 1, 2, 3 print(a, b)
local function f() return 1, 2, 3 end
a, b, c = f() print(a, b, c)
a, b, c = 0, f() print(a, b, c)
a, b, c = f(), 10 print(a, b, c)
a, b, c = (f()) print(a, b, c)
--@ the order of assignment
local t = {}
local i = 1
i, t[i] = i + 1, 20
print(i, t[1], t[2])
local a = {1, 2, 3}
local j = 1
a[j], a[j + 1], j = a[j + 1], a[j], 3
print(a[1], a[2], a[3], j)
local log = {}
local p = setmetatable({}, {__newindex = function(_, k, v) log[#log + 1] = k .. "=" .. tostring(v) end})
p.x, p.y, p.z = 1, 2, 3
print(table.concat(log, " "))
--@ assignment with a name that is also indexed
local a = {} local b = a
a.x, a = 1, {}
print(b.x, a.x)
local i, t = 1, {}
t[i], i, t = "old", 2, "gone"
print(i, t)
local t = {1} t, t[1] = nil, 5 print(t)
--@ evaluation order of operands
local function n(x) print("n", x) return x end
print(n(1) + n(2) * n(3)) print(n(1) .. n(2) .. n(3)) print(n(1) < n(2), n(1) > n(2), n(3) <= n(4), n(3) >= n(4))
local t = {[n("k1")] = n("v1"), n("v2"), [n("k3")] = n("v3")}
print((function(...) return select("#", ...) end)(n(1), n(2)))
local u = {} u[n("a")], u[n("b")] = n(1), n(2)
--@ locals are fresh in each round
local fs = {}
for i = 1, 3 do local x fs[i] = function() x = (x or 0) + i return x end end
print(fs[1](), fs[1](), fs[2](), fs[3](), fs[3]())
local x = 5
while x > 3 do local y print(y) y = x x = x - 1 end
--@ deep nesting of loops with continues by conditions
local n = 0
for a = 1, 4 do for b = a, 4 do for c = b, 4 do if (a + b + c) % 2 == 0 then n = n + a * b * c end end end end
print(n)
--@ a return in the middle by do
local function f(x) do return x end print("never") end
print(f(1))
local function g() for i = 1, 10 do if i == 4 then return i, "early" end end return "late" end
print(g())
--@ constants in conditions
print(((1 or false) and true) or false, ((nil and 1) or false) and 2, (not (nil and true)) or 3)
print(((false and 1 or true) and nil) or 'x', (nil and u or true) or 5, ((u or false) and 1) == false)
local t = {[10] = (nil and u or true) or 5} print(t[10])
if (-0 < 0) then end print(1 / (0 * -17))
