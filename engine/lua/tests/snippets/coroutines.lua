--@ values go in and out
local co = coroutine.create(function(a, b) print("start", a, b) local c = coroutine.yield(a + b) print("got", c) local d, e = coroutine.yield(c * 2) print("got", d, e) return "end", 99 end)
print(coroutine.resume(co, 1, 2)) print(coroutine.resume(co, 10)) print(coroutine.resume(co, "x", "y")) print(coroutine.resume(co)) print(coroutine.resume(co, 1))
--@ status
local co co = coroutine.create(function() print(coroutine.status(co)) coroutine.yield() end) print(coroutine.status(co)) coroutine.resume(co) print(coroutine.status(co)) coroutine.resume(co) print(coroutine.status(co))
local outer outer = coroutine.create(function() local inner = coroutine.create(function() print(coroutine.status(outer)) end) coroutine.resume(inner) print(coroutine.status(inner)) end) coroutine.resume(outer)
local bad = coroutine.create(function(...) error(...) end) coroutine.resume(bad, "x") print(coroutine.status(bad))
--@ running
print(coroutine.running()) local co co = coroutine.create(function() print(coroutine.running() == co) end) coroutine.resume(co) coroutine.wrap(function() print(type(coroutine.running())) end)()
--@ wrap
local gen = coroutine.wrap(function(n) for i = 1, n do coroutine.yield(i, i * i) end return "done" end) print(gen(2)) print(gen()) print(gen()) print(pcall(gen))
print(pcall(coroutine.wrap(function() error("inside") end))) print(pcall(coroutine.wrap(function() error({}, 0) end)) == false) print(pcall(coroutine.wrap(function() error("plain", 0) end)))
--@ wrap as an iterator
local function permutations(a) return coroutine.wrap(function() local function gen(n) if n == 0 then coroutine.yield(table.concat(a, " ")) else for i = 1, n do a[n], a[i] = a[i], a[n] gen(n - 1) a[n], a[i] = a[i], a[n] end end end gen(#a) end) end
for p in permutations({1, 2, 3}) do print(p) end
--@ producers and consumers
local function producer() return coroutine.create(function() for _, v in ipairs({"a", "b", "c"}) do coroutine.yield(v) end end) end
local function filter(p) return coroutine.create(function() local n = 1 while true do local _, v = coroutine.resume(p) if not v then return end coroutine.yield(n .. ":" .. v) n = n + 1 end end) end
local f = filter(producer()) while true do local ok, v = coroutine.resume(f) if not v then break end print(ok, v) end
--@ yield across pcall is an error
local co = coroutine.create(function() return pcall(function() coroutine.yield(1) end) end) print(coroutine.resume(co)) print(coroutine.status(co))
print(coroutine.resume(coroutine.create(function() return pcall(coroutine.yield, 1) end))) print(coroutine.resume(coroutine.create(function() return xpcall(coroutine.yield, print) end)))
--@ yield across natives and metamethods is an error
local function try(f) print(coroutine.resume(coroutine.create(f))) end local y = coroutine.yield
try(function() table.sort({3, 2, 1}, function(a, b) y() return a < b end) end) try(function() ("abc"):gsub(".", y) end) try(function() return setmetatable({}, {__index = y}).x end) try(function() return setmetatable({}, {__add = y}) + 1 end)
try(function() setmetatable({}, {__newindex = y}).x = 1 end) try(function() return setmetatable({}, {__lt = y}) < setmetatable({}, {__lt = y}) end) try(function() return tostring(setmetatable({}, {__tostring = y})) end) try(function() return setmetatable({}, {__concat = y}) .. "x" end) try(function() for x in y do return x end end) try(function() return (select(2, setmetatable({}, {__call = function(_, ...) return y(...) end})(5))) end)
try(function() return -setmetatable({}, {__unm = y}) end) try(function() table.foreach({1}, y) end) try(function() local a, b = setmetatable({}, {__eq = y}), setmetatable({}, {__eq = y}) return a == b end)
--@ yield outside of a coroutine
print(pcall(coroutine.yield, 1)) print(pcall(function() coroutine.yield() end))
--@ yield as a direct call, a tail call and through a table
local co = coroutine.create(function(...) return coroutine.yield(...) end) print(coroutine.resume(co, 1, 2)) print(coroutine.resume(co, 3, 4)) print(coroutine.resume(co)) local t = {y = coroutine.yield} co = coroutine.wrap(function() local a = t.y("from t") return a end) print(co()) print(co("back"))
--@ yield in expressions
local co = coroutine.wrap(function() local x = 1 + coroutine.yield("a") * 2 local t = {coroutine.yield("b"), coroutine.yield("c")} return x, #t, t[1], t[2], (coroutine.yield("d")), "e" .. coroutine.yield("f") end)
print(co()) print(co(5)) print(co("B", "B2")) print(co("C", "C2")) print(co("D", "D2")) print(co("F"))
--@ yield in conditions, loops and arguments
local co = coroutine.wrap(function() while coroutine.yield("while") do print("in loop") end for i = coroutine.yield("from"), coroutine.yield("to") do print(i) end if coroutine.yield("if") == "yes" then print("yes!") end print(select("#", coroutine.yield("args"))) repeat until coroutine.yield("until") return coroutine.yield("last") end)
print(co()) print(co(true)) print(co(false)) print(co(1)) print(co(2)) print(co("yes")) print(co(1, 2, 3)) print(co(nil)) print(co(true)) print(co("r1", "r2"))
--@ yield from nested calls
local function deep(n) if n == 0 then return coroutine.yield("deep") end return (deep(n - 1)) + 1 end local co = coroutine.create(function() return deep(50) end) print(coroutine.resume(co)) print(coroutine.resume(co, 100))
--@ yield from an iterator in a generic for
local co = coroutine.wrap(function() for a, b in function(s, c) return coroutine.yield(c) end, nil, "init" do print("body", a, b) end return "over" end) print(pcall(co)) print(pcall(co))
co = coroutine.wrap(function() for a, b in (function() local x = coroutine.yield("explist") return next, x end)() do print("body", a, b) end return "over" end) print(co()) print(co({"k"}))
--@ resuming what cannot be
print(coroutine.resume(coroutine.create(function() return coroutine.resume(coroutine.running()) end))) local dead = coroutine.create(function() end) coroutine.resume(dead) print(coroutine.resume(dead)) print(pcall(coroutine.resume, 5)) print(pcall(coroutine.resume)) print(pcall(coroutine.create, 5)) print(pcall(coroutine.create)) print(pcall(coroutine.wrap, nil)) print(pcall(coroutine.status, {}))
local co co = coroutine.create(function() local inner = coroutine.create(function() return coroutine.resume(co) end) return coroutine.resume(inner) end) print(coroutine.resume(co))
--@ natives and tables cannot be the body
print(pcall(coroutine.create, math.max)) print(pcall(coroutine.create, setmetatable({}, {__call = print}))) print(pcall(coroutine.wrap, string.upper)) print(pcall(coroutine.create, "x"))
--@ errors inside
local co = coroutine.create(function() local x = nil x.y = 1 end) print(coroutine.resume(co)) print(coroutine.resume(co)) print(coroutine.status(co)) co = coroutine.create(function() error({code = 7}) end) local ok, e = coroutine.resume(co) print(ok, e.code) print(coroutine.resume(coroutine.create(function() error() end)))
co = coroutine.create(function() coroutine.yield(1) error("later") end) print(coroutine.resume(co)) print(coroutine.resume(co)) print(coroutine.resume(coroutine.create(function() error("lvl", 2) end)))
--@ wrap adds the place to messages
local f = coroutine.wrap(function() error("inside") end)
print(pcall(function()
  f()
end))
print(pcall(coroutine.wrap(function() local w = coroutine.wrap(function() error("two deep") end) w() end)))
local g = coroutine.wrap(function() end) g() print(pcall(g)) print(pcall(function() g() end))
--@ coroutines inside coroutines
local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end
local pairsOf = coroutine.wrap(function() for a in gen(3) do for b in gen(2) do coroutine.yield(a .. "-" .. b) end end end) for p in pairsOf do print(p) end
--@ many coroutines
local cos, sum = {}, 0 for i = 1, 500 do cos[i] = coroutine.create(function(x) local total = x for r = 1, 3 do total = total + coroutine.yield(total) end return total end) end
for i, co in ipairs(cos) do coroutine.resume(co, i) end for r = 1, 3 do for i, co in ipairs(cos) do local _, v = coroutine.resume(co, r) sum = sum + v end end print(sum, coroutine.status(cos[1]), coroutine.status(cos[500]))
--@ a scheduler
local tasks, log = {}, {} local function spawn(name, n) tasks[#tasks + 1] = {name = name, co = coroutine.create(function() for i = 1, n do log[#log + 1] = name .. i coroutine.yield() end end)} end
spawn("a", 3) spawn("b", 1) spawn("c", 2) while #tasks > 0 do for i = #tasks, 1, -1 do local t = tasks[i] coroutine.resume(t.co) if coroutine.status(t.co) == "dead" then table.remove(tasks, i) end end end print(table.concat(log, " "))
--@ generators of an infinite sequence
local function primes() return coroutine.wrap(function() local found = {} local n = 2 while true do local prime = true for _, p in ipairs(found) do if p * p > n then break end if n % p == 0 then prime = false break end end if prime then found[#found + 1] = n coroutine.yield(n) end n = n + 1 end end) end
local out, next_prime = {}, primes() for i = 1, 20 do out[i] = next_prime() end print(table.concat(out, " "))
--@ walking a tree
local function insert(t, k) if not t then return {k = k} end if k < t.k then t.l = insert(t.l, k) else t.r = insert(t.r, k) end return t end local root for _, k in ipairs{5, 2, 8, 1, 9, 3, 7} do root = insert(root, k) end
local function walk(t) if t then walk(t.l) coroutine.yield(t.k) walk(t.r) end end local out = {} for k in coroutine.wrap(function() walk(root) end) do out[#out + 1] = k end print(table.concat(out, " "))
local function same(a, b) local x, y = coroutine.wrap(function() walk(a) end), coroutine.wrap(function() walk(b) end) while true do local p, q = x(), y() if p ~= q then return false end if p == nil then return true end end end print(same(root, root), same(root, root.l))
--@ varargs through resume and yield
local co = coroutine.create(function(...) local n = select("#", ...) while true do n = select("#", coroutine.yield(n, ...)) end end) print(coroutine.resume(co, nil, nil)) print(coroutine.resume(co)) print(coroutine.resume(co, 1, nil, nil))
--@ upvalues are shared with a coroutine
local x = 1 local co = coroutine.wrap(function() x = x + 1 coroutine.yield(x) x = x * 10 coroutine.yield(x) end) print(co(), x) x = 5 print(co(), x)
--@ pcall inside works when nothing yields across it
local co = coroutine.wrap(function() coroutine.yield(pcall(error, "a")) coroutine.yield(pcall(function() return "b" end)) local inner = coroutine.wrap(function() coroutine.yield("from inner") end) coroutine.yield(pcall(inner)) end) print(co()) print(co()) print(co())
--@ recursion of resumes has a limit
local function f(n) local co = coroutine.create(f) local ok, e = coroutine.resume(co, n + 1) if not ok then error(e, 0) end return e end local ok, e = coroutine.resume(coroutine.create(f), 1) print(ok, e)
--@ stack overflow inside
print(coroutine.resume(coroutine.create(function() local function f() return 1 + f() end return f() end))) print(coroutine.resume(coroutine.create(function() local function f() return 1 + f() end return pcall(f) end)))
--@ globals of a coroutine
g = "global" local co = coroutine.create(function() g = "changed" return getfenv(1) == _G end) print(coroutine.resume(co)) print(g) local co = coroutine.create(setfenv(function() return tostring == nil end, {})) print(coroutine.resume(co))
--@ a type of their own
local co = coroutine.create(function() end) print(type(co), tostring(co):match("^thread: ") ~= nil, co == co, co == coroutine.create(function() end), type(coroutine.wrap(function() end))) local t = {[co] = "key"} print(t[co]) print(pcall(function() return co + 1 end)) print(pcall(function() return co.x end)) print(pcall(function() co() end))
--@ what cannot be resumed because of the depth
local log, deepest = {}, 0 local function note(...) for i = 1, select("#", ...) do log[#log + 1] = tostring((select(i, ...))) end end
local yielded = coroutine.create(function() note(coroutine.yield(1)) return 2 end) print(coroutine.resume(yielded)) local co, w = coroutine.create(function() return "begun" end), coroutine.wrap(function() end)
local function nest(depth) local inner = coroutine.create(nest) local ok, message = coroutine.resume(inner, depth + 1) if not ok then deepest = depth note(message, coroutine.status(inner)) note(coroutine.resume(inner)) note(coroutine.resume(yielded, "deep")) note(coroutine.status(yielded)) note(coroutine.resume(co, 5)) note(coroutine.status(co)) note(coroutine.resume(co)) note(pcall(w)) end end
nest(0) print(deepest > 190, table.concat(log, " ")) print(coroutine.resume(co)) print(coroutine.resume(yielded, "back")) print(coroutine.status(yielded), log[#log], pcall(w))
