--@ killed: a coroutine that yields for ever
local co = coroutine.wrap(function() while true do coroutine.yield() end end)
while true do co() end
--@ killed: a loop in a coroutine inside pcall
pcall(coroutine.wrap(function() while true do end end))
while true do end
--@ killed: new coroutines in a loop
while true do coroutine.wrap(function() coroutine.yield() end)() end
--@ killed: coroutines that fail in a loop
while true do coroutine.resume(coroutine.create(function() error("x") end)) end
--@ ended: coroutines inside of coroutines
local function f(n) return coroutine.wrap(f)(n + 1) end
print(pcall(f, 1))
--@ ended: coroutines inside of coroutines by resume
local function f() local ok, message = coroutine.resume(coroutine.create(f)) if not ok then error(message, 0) end return message end
print(pcall(f))
--@ memory: coroutines that are kept
local kept = {}
while true do local co = coroutine.create(function() coroutine.yield() end) coroutine.resume(co) kept[#kept + 1] = co end
--@ memory: coroutines with deep stacks that are kept
local kept = {}
local function deep(n) if n == 0 then coroutine.yield() else deep(n - 1) end return 1 end
while true do local co = coroutine.create(deep) coroutine.resume(co, 5000) kept[#kept + 1] = co end
--@ ended: recursion inside of a coroutine
local function f() return 1 + f() end
print(coroutine.resume(coroutine.create(f)))
