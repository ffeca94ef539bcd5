--@ many locals in a function
local t = {} for i = 1, 199 do t[i] = "local v" .. i .. " = " .. i end t[200] = "return v1 + v100 + v199" print(loadstring(table.concat(t, "\n"))())
--@ deep but allowed nesting
local s = "local x = 0 " .. ("if x == 0 then "):rep(150) .. "x = 1 " .. ("end "):rep(150) .. "return x" print(loadstring(s)()) s = "return " .. ("("):rep(150) .. "5" .. (")"):rep(150) print(loadstring(s)()) s = "return " .. ("{"):rep(150) .. ("}"):rep(150) print(type(loadstring(s)()))
--@ deep functions
local s = "return " .. ("function() return "):rep(60) .. "'bottom'" .. (" end"):rep(60) local f = loadstring(s)() for i = 1, 59 do f = f() end print(f())
--@ deep recursion of Lua functions
local function depth(n) if n == 0 then return 0 end return 1 + depth(n - 1) end print(depth(100), depth(10000), pcall(depth, 15000)) print((pcall(depth, 250000)))
--@ deep recursion through pcall
local function f(n) if n == 0 then return "bottom" end local ok, r = pcall(f, n - 1) return r end print(f(50), f(150)) local ok, e = pcall(f, 100000) print(ok, type(e))
--@ deep recursion through metamethods
local function chain(n) local t = setmetatable({}, {__index = function(_, k) return "end " .. k end}) for i = 1, n do t = setmetatable({}, {__index = t}) end return t end print(chain(50).x, chain(95).x) print(pcall(function() return chain(200).x end)) local function fchain(n) local t = {x = "value"} for i = 1, n do local inner = t t = setmetatable({}, {__index = function(_, k) return inner[k] end}) end return t end print(fchain(100).x, (pcall(function() return fchain(300).x end)))
--@ deep recursion through tostring and gsub
local mt = {} mt.__tostring = function(t) return t.n == 0 and "bottom" or tostring(setmetatable({n = t.n - 1}, mt)) end print(tostring(setmetatable({n = 100}, mt))) print(pcall(tostring, setmetatable({n = 1000}, mt))) local function g(n) if n == 0 then return "x" end return (("a"):gsub("a", function() return g(n - 1) end)) end print(g(50), (pcall(g, 500)))
--@ C stack overflow in words
local mt = {} mt.__tostring = function(t) return tostring(t) end print(pcall(tostring, setmetatable({}, mt))) local function s() table.sort({2, 1}, s) end print(pcall(s)) local function g() return ("a"):gsub("a", g) end print(pcall(g)) local t = {} t = setmetatable(t, {__index = function(t, k) return t[k] end}) print(pcall(function() return t.x end)) t = setmetatable({}, {__add = function(a, b) return a + b end}) print(pcall(function() return t + 1 end)) t = setmetatable({}, {__concat = function(a, b) return a .. b end}) print(pcall(function() return t .. 1 end)) t = setmetatable({}, {__newindex = function(t, k, v) t[k] = v end}) print(pcall(function() t.x = 1 end))
--@ loops of __call
local t = setmetatable({}, {}) getmetatable(t).__call = t print(pcall(t)) 
--@ results beyond the stack
local function many(n) if n == 0 then return end return n, many(n - 1) end print(select("#", many(200))) print((pcall(unpack, {}, 1, 7990)), (pcall(unpack, {}, 1, 1000000))) print(pcall(string.char, unpack({}, 1, 10))) local t = {} for i = 1, 5000 do t[i] = "x" end print(#string.rep("x", select("#", unpack(t)))) print(#{unpack(t)}, (pcall(function() return unpack(t), unpack(t) end)))
--@ long strings and keys
local s = ("x"):rep(1000000) print(#s, #(s .. s), s == ("x"):rep(1000000), s:sub(-1), #s:upper()) local t = {[s] = 1} print(t[("x"):rep(999999) .. "x"])
--@ numeric limits
print(2^1023 * 2, -2^1023 * 2, 2^-1074, 2^-1075, 2^53 == 2^53 + 1, 1e309 == math.huge, 1e-400 == 0) print(#tostring(2^1023), tostring(-2^63), 1e15 + 0.5, 123456789012345678)
--@ many tables and strings
local t = {} for i = 1, 100000 do t["key" .. i] = {i} end local n = 0 for k, v in pairs(t) do n = n + v[1] end print(n) t = nil collectgarbage() local s = {} for i = 1, 100000 do s[i] = i .. "" end print(#table.concat(s))
--@ a long chain of concatenations at once
local t = {} for i = 1, 190 do t[i] = "a" .. i end local f = loadstring("local " .. table.concat(t, ",", 1, 150) .. " = 'x' return " .. ("'y' .. "):rep(40) .. "a1") print(f())
--@ long comparisons of equal tables
local t = {} for i = 1, 1000 do t[i] = setmetatable({i}, {__eq = function() return true end}) end local n = 0 for i = 2, 1000 do if t[i] == t[i - 1] then n = n + 1 end end print(n)
--@ many upvalues and closures at once
local fs = {} for i = 1, 10000 do local a, b, c = i, i * 2, i * 3 fs[i] = function() a = a + 1 return a + b + c end end local s = 0 for i = 1, 10000 do s = s + fs[i]() end print(s, fs[1](), fs[1]())
--@ coroutines inside of coroutines count what is below them
do
  local function depth(step) local d, last = 0 local function f() d = d + 1 local ok, e = step(f) if not ok then last = e end return true end pcall(f) return d, last end
  print("resume", depth(function(f) local co = coroutine.create(f) local a, b = coroutine.resume(co) return a, b end))
  print("wrap", depth(function(f) return pcall(coroutine.wrap(f)) end))
  print("pcall", depth(function(f) return pcall(f) end))
  print("pcall+resume", depth(function(f) local co = coroutine.create(f) local _, a, b = pcall(coroutine.resume, co) return a, b end))
  print("resume in meta", depth(function(f) local o = setmetatable({}, {__index = function() return coroutine.resume(coroutine.create(f)) end}) return o.x, "e" end))
  local co = coroutine.create(function() while true do local d = 0 local function f() d = d + 1 return pcall(f) end f() coroutine.yield(d) end end)
  print(coroutine.resume(co)) print(pcall(pcall, pcall, pcall, coroutine.resume, co)) print(coroutine.resume(co))
end
--@ registers for methods with names beyond the first constants
local function source(constants, calls) local out = {"local x = {"} for i = 1, constants do out[#out + 1] = "'q" .. i .. "'," end out[#out + 1] = "} return f(" for i = 1, calls do out[#out + 1] = (i > 1 and "," or "") .. "x:b" .. i .. "(1)" end out[#out + 1] = ")" return table.concat(out) end
for _, constants in ipairs({1, 300}) do for calls = 244, 249 do local f, message = loadstring(source(constants, calls), "=x") print(constants, calls, f and "compiles" or message) end end
--@ registers for fields with names beyond the first constants
local function source(calls, field) local out = {"local x = {"} for i = 1, 300 do out[#out + 1] = "'q" .. i .. "'," end out[#out + 1] = "} return f(" for i = 1, calls do out[#out + 1] = (i > 1 and "," or "") .. "{" .. field:gsub("#", i) .. "}" end out[#out + 1] = ")" return table.concat(out) end
for _, field in ipairs({"k# = 1", "k# = x", "k# = 's#'", "[#.5] = #.25", "[x] = 's#'", "k# = {j# = x}"}) do for calls = 243, 249 do local f, message = loadstring(source(calls, field), "=x") print(field, calls, f and "compiles" or message) end end
