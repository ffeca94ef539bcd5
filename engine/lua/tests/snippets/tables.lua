--@ constructors
local t = {1, 2, 3, x = "a", ["y z"] = "b", [10] = "ten", [1.5] = "half", [true] = "yes"; 4}
print(t[1], t[4], t.x, t["y z"], t[10], t[1.5], t[true], #t)
print(#{}, #{nil}, #{1, nil}, #{nil, 1}, #{n = 1}, #{[1] = 1}, #{1, 2, 3,})
--@ order of constructors' fields
local t = {[1] = "explicit", "positional"} print(t[1]) t = {"positional", [1] = "explicit"} print(t[1])
t = {x = 1, x = 2} print(t.x)
--@ keys are numbers by value
local t = {} t[1] = "one" t[1.0] = "float" t["1"] = "string" t[2^53] = "big"
print(t[1], t["1"], t[2^53], t[1e0], t[0x1], #t)
t[-0] = "zero" print(t[0], t[-0]) t[0/0 == 0/0] = "b" print(t[false])
--@ nil and nan as keys
local t = {}
print(t[nil], t[0/0]) print(pcall(function() t[nil] = 1 end)) print(pcall(function() t[0/0] = 1 end))
print(pcall(rawset, t, nil, 1)) print(pcall(rawset, t, 0/0, 1)) print(pcall(function() return {[nil] = 1} end))
t[nil] = nil
--@ assigning nil to nan
local t = {} print(pcall(function() t[0/0] = nil end)) print(pcall(next, t, 0/0))
--@ indexing what is no table
local n, b, x = nil, true, 5
print(pcall(function() return n.a end)) print(pcall(function() return b.a end)) print(pcall(function() return x.a end))
print(pcall(function() return n[1] end)) print(pcall(function() n.a = 1 end)) print(pcall(function() x[1] = 1 end))
print(pcall(function() return undefined.a end)) print(pcall(function() return undefined.a.b end))
print(pcall(function() local t = {} return t.a.b end)) print(pcall(function() local t = {} return t.a.b.c end))
print(pcall(function() local t = {a = {}} t.a.b.c = 1 end)) print(pcall(function() local t = {} t[1][2] = 3 end))
print(pcall(function() return print.x end)) print(pcall(function() return (function() end).x end))
print(pcall(function() local s = "x" s.y = 1 end)) print(("x").y, ("x")[1], #"x")
print(pcall(function() local t = {} return t["a b"].c end)) print(pcall(function() local t, k = {}, "key" return t[k].c end))
--@ the border with holes
local t = {1, 2, 3, nil, 5} print(#t) t = {1, 2, 3, nil, 5, nil} print(#t) t = {nil, nil, 3} print(#t)
t = {n = 1, nil, 2} print(#t) t = {1, 2, nil, 4} print(#t) t[5] = 5 print(#t) t[4] = nil print(#t)
--@ the border after removing
local t = {} for i = 1, 10 do t[i] = i end print(#t) t[5] = nil print(#t) t[10] = nil print(#t) t[9] = nil print(#t) t[8] = nil print(#t)
t[1] = nil print(#t) for i = 1, 10 do t[i] = nil end print(#t)
--@ the border of a hash part
local t = {} t[1] = 1 t[2] = 2 t[4] = 4 print(#t) t[3] = 3 print(#t) t[8] = 8 print(#t) t[5] = 5 t[6] = 6 t[7] = 7 print(#t)
local u = {} for i = 10, 1, -1 do u[i] = i end print(#u) u[10] = nil print(#u) u[4] = nil print(#u)
local v = {[1] = 1, [2] = 2, [3] = 3, [5] = 5} print(#v) v = {[2] = 2} print(#v) v[1] = 1 print(#v)
--@ borders while a table grows and shrinks
local t, line = {}, {}
for i = 1, 40 do t[i] = i if i % 3 == 0 then t[i - 1] = nil end line[#line + 1] = #t end
print(table.concat(line, " "))
line = {} for i = 40, 1, -1 do t[i] = nil line[#line + 1] = #t end print(table.concat(line, " "))
--@ borders of tables by a constructor with calls
local function f(...) return ... end
print(#{f(1, nil, 3)}, #{f(1, nil)}, #{f(nil, nil, 3)}, #{1, f()}, #{f(1, 2, 3), nil}, #{f()})
print(#{f(nil)}, #{(f())}, #{n = f(1, 2), f(3, 4)})
--@ pairs order of an array
local t = {10, 20, 30, 40} for k, v in pairs(t) do print(k, v) end
t[2] = nil for k, v in pairs(t) do print(k, v) end
--@ pairs order of strings
local t = {} for w in ("the quick brown fox jumps over a lazy dog and runs away"):gmatch("%a+") do t[w] = #w end
local out = {} for k, v in pairs(t) do out[#out + 1] = k .. v end print(table.concat(out, " "))
t.fox, t.dog, t.zebra = nil, nil, 5 out = {} for k, v in pairs(t) do out[#out + 1] = k .. v end print(table.concat(out, " "))
--@ pairs order of a constructor
local t = {name = "x", id = 1, value = true, list = {}, "first", "second", [100] = "h", [0] = "z", [-1] = "m"}
for k, v in pairs(t) do print(k, type(v)) end
--@ pairs order of floats and negatives
local t = {[0.5] = 1, [1.5] = 2, [-1] = 3, [-2.25] = 4, [1e10] = 5, [2^40] = 6, [1e100] = 7, [0] = 8, [3] = 9}
for k, v in pairs(t) do print(k, v) end
--@ pairs order of booleans
local t = {[true] = 1, [false] = 2, x = 3, [1] = 4} for k, v in pairs(t) do print(k, v) end
--@ pairs order of sparse numbers
local t = {} for i = 1, 100, 7 do t[i] = i end for i = 1000, 1, -111 do t[i] = i end
local out = {} for k in pairs(t) do out[#out + 1] = k end print(table.concat(out, " "))
--@ pairs order with insertions in another order
local a, b = {}, {}
for i = 1, 20 do a["k" .. i] = i end for i = 20, 1, -1 do b["k" .. i] = i end
local function keys(t) local out = {} for k in pairs(t) do out[#out + 1] = k end return table.concat(out, " ") end
print(keys(a)) print(keys(b))
--@ pairs order of a table that was filled and emptied
local t = {} for i = 1, 30 do t["n" .. i] = i end for i = 1, 30 do if i % 4 ~= 0 then t["n" .. i] = nil end end
local function keys(t) local out = {} for k in pairs(t) do out[#out + 1] = tostring(k) end return table.concat(out, " ") end
print(keys(t)) t.new = 1 t.newer = 2 print(keys(t)) for i = 1, 12 do t[i] = i end print(keys(t))
--@ pairs order of long strings
local t = {} for i = 1, 12 do t[("key"):rep(i * 5) .. i] = i end
local out = {} for k, v in pairs(t) do out[#out + 1] = v end print(table.concat(out, " "))
--@ pairs order of mixed keys
local t = {} for i = 1, 8 do t[i * i] = i t["s" .. i] = i t[i / 4] = i t[-i] = i end
for k, v in pairs(t) do print(k, v) end
--@ changing and clearing fields while traversing
local t = {} for i = 1, 20 do t["x" .. i] = i t[i] = i end
local n = 0 for k, v in pairs(t) do t[k] = nil n = n + v end print(n, next(t))
t = {a = 1, b = 2, c = 3} for k, v in pairs(t) do t[k] = v * 10 end print(t.a, t.b, t.c)
--@ next
local t = {10, 20, x = 30}
print(next(t)) print(next(t, 1)) print(next(t, 2)) print(next(t, "x")) print(next({})) print(next({}, nil))
print(pcall(next, t, "missing")) print(pcall(next, t, 5)) print(pcall(next)) print(pcall(next, 1)) print(pcall(next, t, {}) )
print(type(next), next == next, rawequal(pairs({}), next))
--@ ipairs stops at nil
for i, v in ipairs({1, 2, nil, 4}) do print(i, v) end for i, v in ipairs({}) do print("never") end
for i, v in ipairs({[0] = 0, 1, [3] = 3}) do print(i, v) end
local t = {1, 2, 3} for i, v in ipairs(t) do if i < 6 then t[i + 1] = i * 10 end print(i, v) end
print(pcall(ipairs)) print(pcall(ipairs, nil)) print(type(ipairs({})), select("#", ipairs({})))
--@ tables are compared by identity
local a, b = {}, {} local t = {[a] = "a", [b] = "b"} print(t[a], t[b], t[{}], a == b, a == a)
--@ nested tables
local t = {a = {b = {c = {d = "deep"}}}, [1] = {[2] = {[3] = "numbers"}}}
print(t.a.b.c.d, t[1][2][3], t["a"]["b"].c["d"]) t.a.b.c.e = {f = 1} print(t.a.b.c.e.f, #t, #t[1])
t.self = t print(t.self.self.self.a.b.c.d)
--@ rawget, rawset, rawequal
local t = setmetatable({}, {__index = function() return "meta" end, __newindex = function() error("no") end, __eq = function() return true end})
print(t.x, rawget(t, "x")) rawset(t, "x", 1) print(t.x, rawget(t, "x")) print(rawequal(t, t), rawequal(t, {}), rawequal("a", "a"), rawequal(1, 1.0))
print(pcall(rawget, 1, 2)) print(pcall(rawget, {})) print(pcall(rawset, {}, 1)) print(pcall(rawequal, 1)) print(rawset({}, 1, 2)[1]) print(pcall(rawget)) print(pcall(rawset, {}))
--@ a large array and a large hash
local t, s = {}, 0 for i = 1, 100000 do t[i] = i end for i = 1, #t do s = s + t[i] end print(#t, s)
local h = {} for i = 1, 50000 do h["k" .. i] = i end s = 0 for k, v in pairs(h) do s = s + v end print(s)
for i = 1, 50000, 2 do h["k" .. i] = nil end local n = 0 for _ in pairs(h) do n = n + 1 end print(n)
--@ arrays from the end
local t = {} for i = 100, 1, -1 do t[i] = i end print(#t) local s = "" for k in pairs(t) do s = s .. k .. " " end print(s)
--@ integer keys at the edges
local t = {} t[2^31] = "a" t[2^31 - 1] = "b" t[-2^31] = "c" t[2^32] = "d" t[2^26] = "e" t[2^26 + 1] = "f"
print(t[2147483648], t[2147483647], t[-2147483648], t[4294967296], t[67108864], t[67108865], #t)
for k, v in pairs(t) do print(k, v) end
--@ queues
local q, first, last = {}, 1, 0
local function push(x) last = last + 1 q[last] = x end local function pop() local x = q[first] q[first] = nil first = first + 1 return x end
for i = 1, 1000 do push(i) push(i * 2) pop() end print(last - first, pop(), q[first], q[last], #q > 0 or #q == 0)
--@ shrinking and growing with other keys
local t = {} for round = 1, 3 do for i = 1, 50 do t[round * 100 + i] = i end for i = 1, 45 do t[round * 100 + i] = nil end end
local out = {} for k in pairs(t) do out[#out + 1] = k end print(table.concat(out, " "))
--@ a register above the arguments of a function of the host keeps nothing alive
local w = setmetatable({{}, "s", 3, k = {}}, {__mode = "v"})
w[{}] = 1
w.key = {}
collectgarbage()
local n = 0
for k in pairs(w) do n = n + 1 end
print(n, w[1], w.k, w.key, w[2], w[3])
--@ keys without a value after a collection
local function keys(t) local out = {} for k, v in pairs(t) do out[#out + 1] = tostring(k) .. "=" .. tostring(v) end return table.concat(out, " ") end
for n = 1, 12 do local t = {} for i = 1, n do t["key" .. i] = i end for i = 1, n, 2 do t["key" .. i] = nil end collectgarbage() for i = 1, n do t["key" .. i] = i * 10 end t.x = 1 t["key" .. n] = nil print(keys(t)) end
local t = {a = 1, c = 2, name = nil} collectgarbage() t.count, t.name = 3, nil print(keys(t)) t.a = nil collectgarbage() t.a = nil t.b = 5 print(keys(t)) t.a = 7 print(keys(t), t.a, rawget(t, "name"))
t = {} for i = 1, 20 do t["k" .. i] = i t[i + 0.5] = i end local seen = 0 for k in pairs(t) do t[k] = nil seen = seen + 1 if seen % 7 == 0 then collectgarbage() end end print(seen, next(t), t.k3)
for i = 1, 20 do t["k" .. i] = -i end for k, v in pairs(t) do t[k] = nil collectgarbage() end print(next(t)) t = {x = 1, y = 2, z = 3} t.y = nil collectgarbage() print(pcall(next, t, "y") == pcall(next, t, "x"), (pcall(next, t, "nowhere")))
local weak = setmetatable({}, {__mode = "v"}) for i = 1, 9 do weak["w" .. i] = i % 2 == 0 and i or {} end collectgarbage() for i = 1, 9 do weak["w" .. i] = i end print(keys(weak))
