--@ the operators
print(7 + 2, 7 - 2, 7 * 2, 7 / 2, 7 % 2, 7 ^ 2, -7)
print(7.5 + 0.25, 7.5 - 0.25, 7.5 * 0.25, 7.5 / 0.25, 7.5 % 0.25, 2 ^ 0.5)
--@ modulo follows the sign of the divisor
print(5 % 3, -5 % 3, 5 % -3, -5 % -3)
print(5.5 % 2, -5.5 % 2, 5.5 % -2, -5.5 % -2)
print(0 % 3, -0 % 3, 3 % 3, -3 % 3, 1e15 % 7, -1e15 % 7, 1e300 % 7)
print(5 % math.huge, -5 % math.huge, 5 % -math.huge, 5 % 0, math.huge % 5)
--@ division by zero, infinities and nan
print(1 / 0, -1 / 0, 0 / 0 ~= 0 / 0, 1 / -0, 1 / (0 * -1))
print(math.huge - math.huge ~= 0, math.huge * 0 ~= 0, math.huge + 1 == math.huge, -math.huge < math.huge)
local nan = 0/0
print(nan == nan, nan ~= nan, nan < nan, nan <= nan, nan > nan, nan >= nan, nan < 1, nan > 1)
--@ the text of nan
local nan = 0/0
print(nan, -nan, -(0/0), 0/0, math.huge - math.huge, math.sqrt(-1), tostring(nan), nan .. "")
print(math.huge, -math.huge, 1e999, -1e999)
--@ negative zero
local z = -0
print(z, 0 * -1, -0.0, 1 / z, z == 0, -z)
local y = 0
print(-y, 1 / -y)
--@ precedence
print(2 + 3 * 4, (2 + 3) * 4, 2 * 3 ^ 2, -2 ^ 2, 2 ^ -1, 2 ^ 3 ^ 2, -3 % 5, 2 - 3 - 4, 2 / 4 / 2)
print(1 .. 2 .. 3, 1 + 2 .. 3 + 4, 2 * 3 .. 4 * 5, "a" .. 1 + 2)
print(not nil == true, not (nil == true), not 1 == 2, #"abc" + 1, -#"abc", not not nil, - -2)
print(1 < 2 == true, "a" < "b" == not false, 1 + 1 == 2 and 2 + 2 == 4)
print(true or false and false, (true or false) and false, nil and 1 or 2, false or nil, nil and nil or 3)
print(2 ^ 2 ^ 0, (2 ^ 2) ^ 0, -2 ^ -2, 10 - 2 ^ 2, "2" ^ "3")
--@ and and or give values
print(1 and 2, nil and 2, false and nil, 1 or 2, nil or 2, false or nil, nil or false)
print(0 and "zero is true", "" and "empty is true")
local a = nil
print(a and a.b.c, a or "default", a == nil and "none" or a)
local function f() return 1, 2, 3 end
print(f() or 0, f() and f(), (f()))
--@ and and or do not evaluate what they need not
local function say(x) io = nil print("said", x) return x end
print(say(1) and say(2)) print(say(nil) and say(2)) print(say(1) or say(2)) print(say(false) or say(2))
print(say(1) and say(false) or say(3))
local x = say(nil) or say(false)
print(x)
--@ strings become numbers
print("10" + 5, "3" * "4", "0x10" + 0, " 7 " - 1, "1e2" / 1, -"2", "10" % 3, "2" ^ 2)
print("0x1p4" + 0, "  0x  " == 1, "inf" == 1)
--@ strings that are none
for _, s in ipairs{"", " ", "abc", "1x", "0x", "1 2", "1e", "--1", "1.2.3", "0x1g", "\0", "1\0"} do
  print(pcall(function() return s + 1 end))
end
--@ numbers become strings
print(1 .. 2, 1.5 .. "|", -1 .. "", 1e100 .. "", 2^53 .. "", 1e15 .. " " .. 1e14, (0.1 + 0.2) .. "")
print(10 .. "", 1000000000000000 .. "", 123456.789e3 .. "")
--@ errors of arithmetic
local t, n, s, b, f = {}, nil, "abc", true, print
print(pcall(function() return t + 1 end)) print(pcall(function() return 1 + t end))
print(pcall(function() return n - 1 end)) print(pcall(function() return s * 2 end))
print(pcall(function() return b / 2 end)) print(pcall(function() return f % 2 end))
print(pcall(function() return 2 ^ n end)) print(pcall(function() return -t end))
print(pcall(function() return -s end)) print(pcall(function() return t.x + 1 end))
print(pcall(function() return t.x.y + 1 end)) print(pcall(function() return 1 + t.x end))
print(pcall(function() return undefinedglobal + 1 end)) print(pcall(function() return t[1] * t[2] end))
print(pcall(function() return ("a") + ("b") end)) print(pcall(function() return {} + {} end))
print(pcall(function() return t:x() + 1 end)) print(pcall(function() return 1 + nil end))
print(pcall(function() return "10" + {} end)) print(pcall(function() return {} - "x" end))
--@ errors of concatenation
local t, n, b = {}, nil, true
print(pcall(function() return t .. "a" end)) print(pcall(function() return "a" .. t end))
print(pcall(function() return 1 .. n end)) print(pcall(function() return n .. 1 end))
print(pcall(function() return b .. "a" end)) print(pcall(function() return "a" .. "b" .. t .. "c" end))
print(pcall(function() return "a" .. t.x end)) print(pcall(function() return "a" .. undefined .. "c" end))
print(pcall(function() return print .. "" end)) print(pcall(function() return "x" .. (t.y) .. "z" end))
--@ errors of comparison
local t, n, b = {}, nil, true
for _, f in ipairs{
  function() return t < 1 end, function() return 1 < t end, function() return t < t end, function() return n < 1 end,
  function() return 1 <= "1" end, function() return "1" < 1 end, function() return b < b end, function() return b < 1 end,
  function() return n <= n end, function() return print < print end, function() return {} > 1 end,
  function() return "a" >= 1 end, function() return t <= {} end, function() return 1 > nil end,
} do print(pcall(f)) end
--@ errors of length
local n = nil
print(pcall(function() return #n end)) print(pcall(function() return #5 end)) print(pcall(function() return #true end))
print(pcall(function() return #print end)) print(pcall(function() return #undefinedglobal end))
print(pcall(function() local t = {} return #t.x end))
--@ equality
print(1 == 1.0, "1" == 1, "a" == "a", nil == false, true == 1, {} == {}, print == print, 0 == -0)
local t = {} local u = t
print(t == u, t ~= u, t ~= {}, "abc" == "ab" .. "c", 2^53 == 2^53 + 1)
--@ order of strings
print("a" < "b", "a" < "B", "Z" < "a", "" < "a", "a" < "aa", "ab" < "b", "10" < "9", "a" <= "a", "a" >= "b")
print("a\0b" < "a\0c", "a\0" > "a", "a" < "a\0", "\0" < "\1", "a\0z" < "ab")
--@ order of numbers
print(1 < 2, 1 < 1, 1 <= 1, -1 < 1, 1e308 < math.huge, -math.huge < -1e308, 0.1 + 0.2 == 0.3, 0.1 + 0.2 > 0.3)
--@ powers
print(2^10, 2^0.5, 2^-2, 0^0, 0^1, 10^2, (-2)^2, (-2)^3, (-8)^(1/3) ~= (-8)^(1/3), 1^math.huge, 2^1024, 2^-1080)
print(4^0.5, 27^(1/3), 10^-3, 1.5^2.5, 10^15, 10^16, 3^40, 7^20, 2^53 - 1)
--@ large and small numbers
print(2^31, 2^32, 2^52, 2^53, 2^63, 2^64, -2^63, 2^1023, 2^-1022, 2^-1074)
print(9007199254740993, 4503599627370497.5, 1e308 * 10, -1e308 * 10, 5e-324 / 2)
--@ numerical text has 14 digits
print(0.1, 0.12345678901234, 0.123456789012345, 123456789.123456789, 3.14159265358979, 1e-5, 1e-4, 0.0001234)
print(99999999999999, 999999999999999, 123456789012345, 1e14 + 0.5, 12345678901234.5, 100, 1e2, 1e5)
print(1/3, 2/3, 10/3, 100/3, 1e10/3, 1e14/3, 1e15/3, -1/3)
--@ folding does not change results
print(1 + 2 * 3 - 4 / 8 % 3 ^ 2, 1 / 0 == math.huge, -(0), 0 / 0 ~= 0 / 0, 2 ^ 1024, -2 ^ 2)
local one = 1
print(one + 2 * 3 - 4 / 8 % 3 ^ 2, -one ^ 2, one / 0)
print(pcall(loadstring("return 1 % 0"))) print(pcall(loadstring("return 1 / 0")))
--@ chains of operators on one line
local a, b, c = 2, 3, 4
print(a + b * c - a / b ^ c % a, a .. b .. c, a - b - c, a ^ b ^ a, -a ^ b, not a == b)
print(a < b and b < c and c or a, a > b or b > c or nil)
--@ comparison results as values
local t = {1 < 2, 2 < 1, 1 == 1, not nil, "a" ~= "b"}
print(unpack(t))
local x = 3 > 2 print(x) x = not (3 > 2) print(x)
local function f(a, b) return a < b, a <= b, a == b, a ~= b, a > b, a >= b end
print(f(1, 2)) print(f(2, 2)) print(f("a", "b"))
--@ conditions in all forms
local function f(a, b)
  local r = ""
  if a and b then r = r .. "1" else r = r .. "0" end
  if a or b then r = r .. "1" else r = r .. "0" end
  if not a then r = r .. "1" else r = r .. "0" end
  if not (a and b) then r = r .. "1" else r = r .. "0" end
  if a and not b then r = r .. "1" else r = r .. "0" end
  if (a or b) and not (a and b) then r = r .. "1" else r = r .. "0" end
  if a == b then r = r .. "1" else r = r .. "0" end
  while a and not b do r = r .. "w" break end
  repeat r = r .. "r" until a or not a
  return r .. tostring(a and b) .. tostring(a or b) .. tostring((a and 1) or (b and 2) or 3)
end
print(f(true, true), f(true, false), f(false, true), f(nil, nil), f(nil, 1), f(0, false))
