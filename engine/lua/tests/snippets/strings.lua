--@ len, and bytes of all kinds
print(("").len(""), ("abc"):len(), ("a\0b"):len(), #"\0\0", string.len(123)) print(pcall(string.len)) print(pcall(string.len, nil)) print(pcall(string.len, {}))
--@ sub
local s = "hello" print(s:sub(2), s:sub(2, 3), s:sub(-3), s:sub(-3, -2), s:sub(0), s:sub(10), s:sub(2, 1), s:sub(-100, 100), s:sub(3, 3)) print("[" .. s:sub(6) .. "]", s:sub(1, -1), s:sub(-1), s:sub(1, 0) == "", s:sub(2.7), s:sub("2", "3")) print(pcall(string.sub)) print(pcall(string.sub, "x")) print(pcall(string.sub, "x", {})) print(pcall(string.sub, "x", 1, "y")) print(s:sub(-2^31, 2^31), s:sub(2^40), s:sub(1, -2^40) == "")
print(pcall(function() return (12345):rep(1) end))
--@ sub of numbers
print(string.sub(12345, 2, 3), string.sub(1.5, 2), ("x"):sub(1, nil), pcall(string.sub, "x", nil))
--@ upper, lower, reverse
print(("MiXed 123 \228"):upper() == "MIXED 123 \228", ("MiXed"):lower(), ("abc"):reverse(), (""):reverse(), ("a\0b"):reverse() == "b\0a", ("x"):upper():lower()) print(pcall(string.upper)) print(pcall(string.lower, {})) print(pcall(string.reverse, nil)) print(string.upper(12), string.reverse(123))
--@ rep
print(("ab"):rep(3), ("ab"):rep(0), ("ab"):rep(-1), (""):rep(100), ("x"):rep(1), ("ab"):rep(2.9)) print(pcall(string.rep)) print(pcall(string.rep, "x")) print(pcall(string.rep, "x", {})) print(#("x"):rep(100000), ("x"):rep("3"))
--@ byte
print(("ABC"):byte(), ("ABC"):byte(2), ("ABC"):byte(-1), ("ABC"):byte(10), ("ABC"):byte(1, 3), ("ABC"):byte(1, -1), ("ABC"):byte(0), ("ABC"):byte(3, 1)) print(select("#", ("ABC"):byte(10)), select("#", (""):byte()), ("\0\255"):byte(1, 2)) print(pcall(string.byte)) print(pcall(string.byte, "x", {})) print(select("#", ("x"):rep(7000):byte(1, -1)))
--@ byte of many
print(pcall(string.byte, ("x"):rep(1e6), 1, -1)) print(pcall(string.byte, ("x"):rep(9000), 1, -1))
--@ char
print(string.char(72, 105), string.char(), #string.char(0, 255), string.char("65"), string.char(65.9)) print(pcall(string.char, 256)) print(pcall(string.char, -1)) print(pcall(string.char, "x")) print(pcall(string.char, 65, {})) print(pcall(string.char, 65, 300))
--@ char and byte are inverse
local all = {} for i = 0, 255 do all[#all + 1] = string.char(i) end local s = table.concat(all) print(#s, s:byte(1), s:byte(256), string.char(s:byte(1, -1)) == s)
--@ concatenation
print("a" .. "b" .. 1 .. 2.5 .. "c", 1 .. 2, "x" .. -1, ("a" .. "b") .. "c" == "a" .. ("b" .. "c")) local s = "" for i = 1, 100 do s = s .. i end print(#s, s:sub(-5)) local t = {} for i = 1, 300 do t[i] = "'" .. i .. "'" end print(#loadstring("return " .. table.concat(t, "..", 1, 150))()) print(loadstring("return " .. table.concat(t, "..", 1, 250), "=c"))
--@ find plain
print(("hello world"):find("o"), ("hello world"):find("o", 6), ("hello"):find("l+", 1, true), ("a+b"):find("+", 1, true), ("hello"):find(""), ("hello"):find("", 4), ("hello"):find("", 6), ("hello"):find("", 7), ("hello"):find("", 10), (""):find(""), (""):find("a"), ("a\0b"):find("\0b", 1, true)) print(("hello"):find("xyz", 1, true), ("hello"):find("lo", -2), ("hello"):find("h", -100), ("hello"):find("hello world"), ("aXbX"):find("X", 3, true), ("x"):find("x", 2))
print(("abc"):find("b", nil, true), ("abc"):find("b", 1, false), ("a.b"):find(".", 2, true), ("a.b"):find("%.", 1)) print(pcall(string.find)) print(pcall(string.find, "x")) print(pcall(string.find, "x", {})) print(pcall(string.find, "x", "y", "z")) print(pcall(string.find, nil, "x"))
--@ a long search
local s = ("ab"):rep(5000) .. "abc" print(s:find("abc", 1, true), s:find("abc"), s:find("abd", 1, true), s:find("c$"), s:find("^b")) print((("a"):rep(10000)):find(("a"):rep(5000) .. "b", 1, true))
--@ string comparison and keys
local t = {} t["a\0b"] = 1 t["a\0c"] = 2 t["a"] = 3 print(t["a\0b"], t["a\0c"], t.a) local long1, long2 = ("k"):rep(1000), ("k"):rep(999) .. "k" print(long1 == long2, ({[long1] = "found"})[long2])
--@ dump
print(pcall(string.dump, print)) print(pcall(string.dump)) print(pcall(string.dump, 5))
--@ gfind is an alias of old
print(string.gfind == string.gmatch, type(string.gfind))
--@ methods on literals and numbers
print(("%s=%d"):format("x", 5), ("abc").len == string.len, pcall(function() return (5):len() end) == false) print(#"abc" == ("abc"):len(), -#"abc")
--@ indices beyond
local s = "abc" print(s[1], s.x, s[-1], pcall(function() s.x = 1 end)) print(s.len(s), s["upper"](s))
--@ building strings
local parts = {} for i = 1, 1000 do parts[#parts + 1] = i % 10 end print(#table.concat(parts), table.concat(parts):sub(1, 20)) local s = "" for w in ("the quick brown fox"):gmatch("%a+") do s = w .. " " .. s end print(s)
--@ splitting and joining
local function split(s, sep) local out, from = {}, 1 while true do local a, b = s:find(sep, from, true) if not a then out[#out + 1] = s:sub(from) return out end out[#out + 1] = s:sub(from, a - 1) from = b + 1 end end
print(table.concat(split("a,b,,c,", ","), "|"), #split("", ","), table.concat(split("a--b--c", "--"), "+"), #split("no separator", ","))
--@ trimming and padding
local function trim(s) return (s:gsub("^%s*(.-)%s*$", "%1")) end print("[" .. trim("  x y  ") .. "]", "[" .. trim("") .. "]", "[" .. trim("   ") .. "]", ("%-10s|%10s|"):format("left", "right")) print(("x"):rep(5, ","), ("%05d %5.1f %-5d|"):format(42, 3.14159, 7))
--@ escaping
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end print(hex("Hello\0\255"), (hex("az"):gsub("%x%x", function(h) return string.char(tonumber(h, 16)) end))) print((("a b&c=d"):gsub("[^%w]", function(c) return ("%%%02X"):format(c:byte()) end)))
--@ numbers as strings in the library
print(pcall(function() return (10):type() end))
--@ numbers have no methods
print(pcall(function() local n = 5 return n:len() end)) print(string.len(10), string.rep(5, 3), string.find(12345, 34), string.gsub(1001, 0, "x"), string.byte(7))
