--@ insert
local t = {1, 2} table.insert(t, 3) print(table.concat(t, ",")) table.insert(t, 1, 0) print(table.concat(t, ",")) table.insert(t, 3, "x") print(table.concat(t, ",")) table.insert(t, #t + 1, "end") print(table.concat(t, ",")) table.insert(t, "2", "y") print(table.concat(t, ",")) print(select("#", table.insert(t, 1)))
--@ insert beyond the end and before the start
local t = {1, 2} table.insert(t, 5, "five") print(#t, t[3], t[5]) t = {1, 2} table.insert(t, 0, "zero") print(t[0], t[1], t[2], t[3], #t) t = {1, 2} table.insert(t, -2, "neg") print(t[-2], t[1], t[2], t[3]) table.insert(t, 1.7, "f") print(t[1], t[2])
--@ insert with bad arguments
print(pcall(table.insert)) print(pcall(table.insert, {})) print(pcall(table.insert, {}, 1, 2, 3)) print(pcall(table.insert, 5, 1)) print(pcall(table.insert, {}, "x", 1)) print(pcall(table.insert, {}, nil, 1)) print(pcall(table.insert, nil, 1)) local t = {1} table.insert(t, nil) print(#t) table.insert(t, 1, nil) print(t[1], t[2], #t)
--@ remove
local t = {"a", "b", "c", "d"} print(table.remove(t), table.concat(t)) print(table.remove(t, 1), table.concat(t)) print(table.remove(t, 2), table.concat(t)) print(table.remove(t), table.remove(t), table.remove({}), #t) print(select("#", table.remove({})), select("#", table.remove({}, 1)))
--@ remove outside
local t = {1, 2, 3} print(table.remove(t, 4), table.remove(t, 10), table.remove(t, 0), table.remove(t, -1), #t) print(select("#", table.remove(t, 9))) t[4] = nil t.x = 1 print(table.remove(t, "2"), table.concat(t, ",")) print(pcall(table.remove)) print(pcall(table.remove, 5)) print(pcall(table.remove, {1}, "x")) print(pcall(table.remove, {1}, {}))
t = {n = 5, 1, 2} print(table.remove(t), #t) t = {[0] = "z"} print(table.remove(t), table.remove(t, 0), t[0])
--@ concat
print(table.concat({}), table.concat({1}), table.concat({1, 2, 3}), table.concat({1, 2, 3}, ", "), table.concat({1, 2, 3}, ", ", 2), table.concat({1, 2, 3}, ", ", 2, 2), table.concat({1, 2, 3}, ",", 3, 2), table.concat({"a", 1.5, "b", -0}, "|")) print(table.concat({1, 2, 3}, 0), table.concat({1, 2}, ",", "1", "2"), table.concat({[0] = "z", "a"}, "", 0), table.concat({1, 2, 3}, nil, 2))
--@ concat with bad arguments and values
print(pcall(table.concat)) print(pcall(table.concat, 1)) print(pcall(table.concat, {}, {})) print(pcall(table.concat, {1, 2}, ",", "x")) print(pcall(table.concat, {{}})) print(pcall(table.concat, {1, nil, 3}, ",", 1, 3)) print(pcall(table.concat, {1, true})) print(pcall(table.concat, {1}, ",", 1, 2)) print(pcall(table.concat, {print})) print(pcall(table.concat, setmetatable({}, {__index = function() return "x" end}), ",", 1, 2)) print(table.concat({}, ",", 5), table.concat({}, "x", 1, 0))
--@ sort
local function sorted(t, f) table.sort(t, f) return table.concat(t, " ") end print(sorted{3, 1, 2}) print(sorted{}) print(sorted{1}) print(sorted{"b", "a", "C", "B"}) print(sorted({3, 1, 2, 5, 4}, function(a, b) return a > b end)) print(sorted{5, 5, 5, 1, 1}) print(sorted{1.5, -2, 0, 1e10, -1e10}) print(select("#", table.sort({})))
--@ sort of many
local t, seed = {}, 42 for i = 1, 1000 do seed = (seed * 16807) % 2147483647 t[i] = seed end table.sort(t) local ok = true for i = 2, #t do if t[i - 1] > t[i] then ok = false end end print(ok, t[1], t[500], t[1000]) table.sort(t) print(t[1]) table.sort(t, function(a, b) return a > b end) print(t[1], t[1000])
--@ sort by fields, in the order of the algorithm
local t = {} for i, w in ipairs{"pear", "fig", "apple", "kiwi", "date", "plum", "lime", "nut"} do t[i] = {w = w, i = i} end table.sort(t, function(a, b) return #a.w < #b.w end) local out = {} for i, x in ipairs(t) do out[i] = x.w end print(table.concat(out, " "))
for n = 1, 12 do local t = {} for i = 1, n do t[i] = {k = i % 3, i = i} end table.sort(t, function(a, b) return a.k < b.k end) local out = {} for i, x in ipairs(t) do out[i] = x.k .. x.i end print(table.concat(out, " ")) end
--@ the comparisons that sort makes
local log = {} table.sort({4, 2, 7, 1, 9, 3}, function(a, b) log[#log + 1] = a .. "<" .. b return a < b end) print(table.concat(log, " ")) log = {} table.sort({3, 2, 1}, function(a, b) log[#log + 1] = a .. "<" .. b return a < b end) print(table.concat(log, " ")) log = {} table.sort({2, 1}, function(a, b) log[#log + 1] = a .. "<" .. b return a < b end) print(table.concat(log, " "))
--@ sort with an order that is none
print(pcall(table.sort, {1, 2, 3, 4, 5, 6}, function() return true end)) print(pcall(table.sort, {3, 1, 2}, function() return false end)) print(pcall(table.sort, {5, 3, 1, 4, 2, 9, 8, 7}, function(a, b) return a <= b end)) print(pcall(table.sort, {1, 1, 1, 1, 1}, function(a, b) return a <= b end))
--@ sort with bad arguments and values
print(pcall(table.sort)) print(pcall(table.sort, 5)) print(pcall(table.sort, {3, 2, 1}, 5)) print(pcall(table.sort, {3, 2, 1}, {})) print(pcall(table.sort, {1, "x"})) print(pcall(table.sort, {1, {}, 2})) print(pcall(table.sort, {true, false})) print(pcall(table.sort, {1, 2, nil, 4})) print(pcall(table.sort, {3, 2}, nil)) print(pcall(table.sort, {2, 1}, function(a, b) error("cmp", 0) end)) print(pcall(table.sort, {{}, {}}))
--@ sort with metamethods
local mt = {__lt = function(a, b) return a.v < b.v end} local t = {} for i, v in ipairs{3, 1, 2} do t[i] = setmetatable({v = v}, mt) end table.sort(t) print(t[1].v, t[2].v, t[3].v)
--@ sort is not stable but deterministic
local t = {} for i = 1, 20 do t[i] = ("%d%s"):format(i % 4, string.char(96 + i)) end table.sort(t, function(a, b) return a:sub(1, 1) < b:sub(1, 1) end) print(table.concat(t, " "))
--@ sort of arrays that are sorted, reversed and equal
for _, n in ipairs{2, 3, 5, 10, 50} do local a, b, c = {}, {}, {} local steps = 0 local function lt(x, y) steps = steps + 1 return x < y end for i = 1, n do a[i] = i b[i] = n - i c[i] = 7 end table.sort(a, lt) local s1 = steps table.sort(b, lt) local s2 = steps table.sort(c, lt) print(n, s1, s2, steps, a[1], b[1], c[n]) end
--@ maxn
print(table.maxn({}), table.maxn({1, 2, 3}), table.maxn({1, nil, 3}), table.maxn({[10] = 1}), table.maxn({[1.5] = 1}), table.maxn({x = 1}), table.maxn({[-5] = 1}), table.maxn({[1e10] = 1, 1})) print(pcall(table.maxn)) print(pcall(table.maxn, 5))
--@ getn and setn
print(table.getn({1, 2, 3}), table.getn({}), table.getn({n = 10})) print(pcall(table.setn, {}, 5)) print(pcall(table.getn)) print(pcall(table.getn, 5)) print(pcall(table.setn, 1, 2))
--@ foreach and foreachi
table.foreach({10, 20, x = 30}, print) table.foreachi({10, 20, nil, 40}, print) print(table.foreach({1, 2, 3}, function(k, v) if v == 2 then return "found " .. k end end)) print(table.foreachi({1, 2, 3}, function(i, v) if v == 3 then return i, "extra" end end)) print(table.foreach({}, print)) print(select("#", table.foreach({1}, function() end))) print(pcall(table.foreach)) print(pcall(table.foreach, {})) print(pcall(table.foreach, {}, 5)) print(pcall(table.foreachi, {1})) print(pcall(table.foreachi, 5, print)) print(table.foreach({1}, function() return false end))
--@ the library is raw
local t = setmetatable({}, {__index = function(_, i) return "meta" .. i end, __newindex = function() error("no") end, __len = function() return 10 end}) table.insert(t, "x") print(rawget(t, 1), #t, table.remove(t), rawget(t, 1), table.getn(t))
--@ stacks and queues
local s = {} for i = 1, 5 do table.insert(s, i * i) end while #s > 0 do io = nil print(table.remove(s)) end local q = {} for i = 1, 3 do table.insert(q, 1, i) end print(table.concat(q, " "), table.remove(q, 1), table.remove(q), #q)
--@ insert and remove in a loop keep order
local t = {} for i = 1, 50 do table.insert(t, (i * 7) % (#t + 1) + 1, i) end print(table.concat(t, " ")) while #t > 5 do table.remove(t, #t % 5 + 1) end print(table.concat(t, " "))
--@ removing from a table with holes
local t = {1, 2, nil, 4} print(#t, table.remove(t), #t, table.remove(t, 1), t[1], t[2], t[3], #t) t = {nil, nil, 3} print(#t, table.remove(t), #t)
