local n = 0
local function f(x) if x % 10 == 0 then error("ten") end return x end
for i = 1, 1200000 do local ok, v = pcall(f, i) if ok then n = n + v end end
print(n)
