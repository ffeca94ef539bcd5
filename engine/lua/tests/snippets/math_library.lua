--@ rounding
print(math.floor(2.7), math.floor(-2.7), math.ceil(2.2), math.ceil(-2.2), math.floor(5), math.floor(-0.5), math.ceil(-0.5), math.floor(1e300), math.floor("3.7")) print(math.modf(3.7)) print(math.modf(-3.7)) print(math.modf(5)) print(math.modf(-0.0)) print(math.modf(1/0)) print(math.modf(-1/0)) print(math.modf(0/0)) print(math.floor(1/0), math.ceil(-1/0))
--@ fmod and mod
print(math.fmod(7, 3), math.fmod(-7, 3), math.fmod(7, -3), math.fmod(-7, -3), math.fmod(5.5, 2), math.fmod(1e300, 7), math.fmod(5, 1/0), math.mod == math.fmod) print(math.fmod(5, 0), math.fmod(1/0, 2), math.fmod(0, 5), math.fmod(-6, 3))
--@ abs, max and min
print(math.abs(-5), math.abs(5), math.abs(-0.5), math.abs(-1/0), math.abs("-3")) print(math.max(1, 3, 2), math.min(1, 3, 2), math.max(5), math.min(5), math.max(-1, -2), math.max("10", 9), math.max(1/0, 5), math.min(-1/0, 5)) print(pcall(math.max)) print(pcall(math.min)) print(pcall(math.max, 1, "x")) print(pcall(math.min, {}, 1)) print(math.max(0/0, 1), math.max(1, 0/0), math.min(0/0, 1), math.min(1, 0/0))
--@ roots, powers and logarithms
print(math.sqrt(16), math.sqrt(2), math.sqrt(0), math.sqrt(-1), math.sqrt(1/0)) print(math.pow(2, 10), math.pow(2, 0.5), math.pow(0, 0), math.pow(-8, 1/3), math.pow(2, -1)) print(math.exp(0), math.exp(1), math.exp(-1), math.exp(710), math.exp(-1000), math.exp(0.5)) print(math.log(1), math.log(math.exp(1)), math.log(10), math.log(0), math.log(-1), math.log(1/0), math.log(2)) print(math.log10(1), math.log10(100), math.log10(1000), math.log10(2), math.log10(0), math.log10(-1), math.log10(1e-5)) print(math.log(8, 2))
--@ trigonometry
print(math.sin(0), math.sin(1), math.cos(0), math.cos(1), math.tan(0), math.tan(1)) print(math.sin(math.pi), math.cos(math.pi), math.tan(math.pi / 4), math.sin(math.pi / 6), math.cos(math.pi / 3), math.sin(100), math.cos(1e6), math.tan(1e3)) print(math.asin(0), math.asin(1), math.acos(0), math.acos(1), math.atan(1), math.atan(0), math.asin(0.5), math.acos(0.5), math.atan(10), math.asin(2), math.acos(-2)) print(math.atan2(1, 1), math.atan2(-1, -1), math.atan2(0, -1), math.atan2(1, 0), math.atan2(0, 0), math.atan2(-0, -1)) print(math.sin(1/0), math.cos(1/0), math.tan(-1/0), math.atan(1/0), math.atan(-1/0))
--@ hyperbolic
print(math.sinh(0), math.sinh(1), math.cosh(0), math.cosh(1), math.tanh(0), math.tanh(1), math.tanh(100), math.sinh(-2), math.cosh(-2), math.tanh(0.5), math.sinh(1000), math.cosh(1000))
--@ degrees and radians
print(math.deg(math.pi), math.rad(180), math.deg(1), math.rad(1), math.rad(90) == math.pi / 2, math.deg(0), math.deg("1"))
--@ frexp and ldexp
print(math.frexp(8)) print(math.frexp(0.1)) print(math.frexp(0)) print(math.frexp(-5)) print(math.frexp(1e-310)) print(math.frexp(2^1000)) print((math.frexp(1/0))) print(math.ldexp(0.5, 4), math.ldexp(1, -1), math.ldexp(3, 10), math.ldexp(1, 2000), math.ldexp(1, -2000), math.ldexp(1, 1.9), math.ldexp(0, 5), math.ldexp("2", "3"))
--@ constants
print(math.pi, math.huge, -math.huge, ("%.17g"):format(math.pi), math.huge == 1/0)
--@ bad arguments
for _, f in ipairs{"abs", "acos", "asin", "atan", "ceil", "cos", "cosh", "deg", "exp", "floor", "frexp", "log", "log10", "modf", "rad", "sin", "sinh", "sqrt", "tan", "tanh"} do print(f, pcall(math[f])) print(pcall(math[f], "x")) print(pcall(math[f], {})) print(pcall(math[f], nil)) end
--@ bad arguments of functions of two
for _, f in ipairs{"atan2", "fmod", "ldexp", "pow"} do print(f, pcall(math[f])) print(pcall(math[f], 1)) print(pcall(math[f], 1, "x")) print(pcall(math[f], {}, 1)) end
--@ random keeps its bounds
for i = 1, 200 do local r = math.random() assert(r >= 0 and r < 1) r = math.random(6) assert(r >= 1 and r <= 6 and r == math.floor(r)) r = math.random(-3, 3) assert(r >= -3 and r <= 3 and r == math.floor(r)) end print("ok") print(math.random(1), math.random(5, 5), type(math.random(100)))
--@ random repeats after a seed
math.randomseed(42) local a, b = math.random(1000), math.random() math.randomseed(42) print(a == math.random(1000), b == math.random()) print(select("#", math.randomseed(1))) print(pcall(math.randomseed)) print(pcall(math.randomseed, "x"))
--@ random with bad arguments
print(pcall(math.random, 0)) print(pcall(math.random, -5)) print(pcall(math.random, 2, 1)) print(pcall(math.random, "x")) print(pcall(math.random, 1, 2, 3)) print(pcall(math.random, 1, {})) print(pcall(math.random, nil))
--@ integers by arithmetic
print(7 - 7 % 3, (7 - 7 % 3) / 3, math.floor(7 / 3), -7 % 3, math.floor(-7 / 3)) local function gcd(a, b) while b ~= 0 do a, b = b, a % b end return a end print(gcd(48, 36), gcd(17, 5), gcd(2^40, 2^20), gcd(0, 5))
--@ bits by arithmetic
local function band(a, b) local r, p = 0, 1 while a > 0 and b > 0 do if a % 2 == 1 and b % 2 == 1 then r = r + p end a, b, p = math.floor(a / 2), math.floor(b / 2), p * 2 end return r end print(band(12, 10), band(255, 15), band(2^31 + 5, 2^31 + 3))
--@ sums and their errors
local s = 0 for i = 1, 10 do s = s + 0.1 end print(s, s == 1, ("%.17g"):format(s)) s = 0 for i = 1, 1000 do s = s + 1 / i end print(s) local k, c = 0, 0 for i = 1, 10 do local y = 0.1 - c local t = k + y c = (t - k) - y k = t end print(k == 1) print(2^53 + 1, 2^53 + 2, 1e16 + 1, 0.1 + 0.2, 1e308 + 1e308, 1 - 0.9)
--@ series
local function pi(n) local s = 0 for k = 0, n do s = s + (-1)^k / (2 * k + 1) end return 4 * s end print(pi(1000)) local function e(n) local s, f = 0, 1 for i = 0, n do if i > 0 then f = f * i end s = s + 1 / f end return s end print(e(20), math.abs(e(20) - math.exp(1)) < 1e-15) local x = 1 for i = 1, 30 do x = (x + 2 / x) / 2 end print(x, x == math.sqrt(2))
--@ more digits
for _, f in ipairs{"sin", "cos", "tan", "exp", "log", "atan", "sqrt", "sinh", "cosh", "tanh", "log10"} do local out = {} for _, x in ipairs{0.1, 0.5, 1.5, 2.25, 7, 10.75} do out[#out + 1] = ("%.14g"):format(math[f](x)) end print(f, table.concat(out, " ")) end
--@ powers with 14 digits
local out = {} for _, b in ipairs{0.5, 1.1, 2, 3.7, 10} do for _, e in ipairs{-2.5, -1, 0.1, 0.5, 1.3, 3, 10, 20.5} do out[#out + 1] = b ^ e end end print(table.concat(out, " "))
--@ the sign of NaN
do
  local n, p, out = 0/0, -(0/0), {}
  for _, name in ipairs{"abs", "acos", "asin", "atan", "atan2", "ceil", "cos", "cosh", "deg", "exp", "floor", "fmod", "log", "log10", "pow", "rad", "sin", "sinh", "sqrt", "tan", "tanh"} do
    for _, a in ipairs{n, p} do for _, b in ipairs{1, n, p, -1} do out[#out + 1] = tostring((math[name](a, b))) out[#out + 1] = tostring((select(2, pcall(math[name], b, a)))) end end
    print(name, table.concat(out, " ")) out = {}
  end
end
