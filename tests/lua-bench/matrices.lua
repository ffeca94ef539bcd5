local function make(n) local m = {} for i = 1, n do m[i] = {} for j = 1, n do m[i][j] = i - j end end return m end
local n = 150
local a, b, c = make(n), make(n), {}
for i = 1, n do local row, r = a[i], {} for j = 1, n do local s = 0 for k = 1, n do s = s + row[k] * b[k][j] end r[j] = s end c[i] = r end
print(c[1][1], c[n][n])
