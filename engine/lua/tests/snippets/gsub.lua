--@ a string as replacement
print(("hello world"):gsub("o", "0")) print(("hello"):gsub("l", "L", 1)) print(("hello"):gsub("x", "y")) print(("hello"):gsub("", "-")) print((""):gsub("", "x")) print(("abc"):gsub("%w", "%0%0")) print(("abc"):gsub("(a)(b)", "%2%1")) print(("hello"):gsub("l+", "")) print(("a b c"):gsub(" ", "%%"))
--@ a limit
print(("aaaa"):gsub("a", "b", 2)) print(("aaaa"):gsub("a", "b", 0)) print(("aaaa"):gsub("a", "b", -1)) print(("aaaa"):gsub("a", "b", 10)) print(("aaaa"):gsub("a", "b", "2")) print(("aaaa"):gsub("a", "b", 2.7)) print(("abc"):gsub("", "-", 2)) print(("abc"):gsub("a", "b", nil))
--@ captures in the replacement
print(("key=value"):gsub("(%w+)=(%w+)", "%2=%1")) print(("abc"):gsub("b", "[%0]")) print(("abc"):gsub("b", "%1")) print(("abc"):gsub("()b", "%1")) print(("x"):gsub("x", "%%1")) print(("hello"):gsub("(l)(l)", "%2-%1-%0"))
--@ bad escapes in the replacement
print(pcall(string.gsub, "abc", "b", "%2")) print(pcall(string.gsub, "abc", "(b)", "%2")) print(pcall(string.gsub, "abc", "b", "%")) print(pcall(string.gsub, "abc", "b", "%x")) print(pcall(string.gsub, "abc", "z", "%9")) print(("abc"):gsub("b", "%.")) print(pcall(string.gsub, "abc", "(b", "x"))
--@ a table as replacement
print(("$name is $age"):gsub("%$(%w+)", {name = "Bob", age = 42})) print(("abc"):gsub("%w", {a = "1", b = false})) print(("a b"):gsub("%w", {a = true} ~= nil and {a = "x"})) print(("abc"):gsub("(a)(b)", {a = "found", b = "not"})) print(("123"):gsub("%d", {[1] = "x", ["2"] = "two"})) print(("abc"):gsub("()", {"one", "two"})) print(pcall(string.gsub, "abc", "%w", {a = {}})) print(pcall(string.gsub, "abc", "%w", {a = true}))
--@ a table with __index
print(("a.b"):gsub("%w", setmetatable({}, {__index = function(_, k) return k:upper() end}))) print(pcall(string.gsub, "abc", "%w", setmetatable({}, {__index = function() error("lookup") end})))
--@ a function as replacement
print(("hello"):gsub("%w", string.upper)) print(("abc"):gsub("%w", function(c) if c == "b" then return "B" end end)) print(("abc"):gsub("%w", function() return false end)) print(("a1b2"):gsub("(%a)(%d)", function(l, d) return d .. l end)) print(("abc"):gsub("b", function(...) return select("#", ...) end)) print(("abc"):gsub("()", function(p) return p * 2 end)) print(("5 6"):gsub("%d", function(d) return d + 1 end)) print(("abc"):gsub("", function(s) return "[" .. s .. "]" end))
--@ a function that gives what is no string
print(pcall(string.gsub, "abc", "b", function() return {} end)) print(pcall(string.gsub, "abc", "b", function() return true end)) print(pcall(string.gsub, "abc", "b", function() return print end)) print(("abc"):gsub("b", function() return nil end)) print(("abc"):gsub("b", function() return "x", "y" end)) print(("abc"):gsub("b", function() end))
--@ an error in the function
print(pcall(string.gsub, "abc", "b", function(c) error("at " .. c) end)) print(pcall(string.gsub, "abc", "b", function(c) error({}) end) == false) print(pcall(function() return ("abc"):gsub("b", function(c) local x = nil return x.y end) end))
--@ bad arguments
print(pcall(string.gsub)) print(pcall(string.gsub, "x")) print(pcall(string.gsub, "x", "x")) print(pcall(string.gsub, "x", "x", true)) print(pcall(string.gsub, "x", "x", nil)) print(pcall(string.gsub, "x", {}, "y")) print(pcall(string.gsub, nil, "x", "y")) print(pcall(string.gsub, "x", "x", "y", "z")) print(pcall(string.gsub, "x", "x", "y", {})) print(string.gsub("x1", "1", 5)) print(string.gsub(123, 2, "x"))
--@ anchored
print(("hello"):gsub("^h", "H")) print(("aaa"):gsub("^a", "b")) print(("aaa"):gsub("a$", "b")) print(("hello"):gsub("^", ">")) print(("hello"):gsub("$", "<")) print(("a^a"):gsub("a^", "x")) print(("hello"):gsub("^x", "y")) print(("  x  "):gsub("^%s+", ""):gsub("x", "y") )
--@ empty matches
print(("abc"):gsub("%d*", "-")) print(("a1b22c"):gsub("%d*", "-")) print(("hello world"):gsub("o*", "x")) print(("abc"):gsub("b*", "x")) print((""):gsub("^", "x")) print((""):gsub("a*", "x")) print(("aa"):gsub("a-", "x")) print(("ab"):gsub("()", "%1,"))
--@ results are two values
print(select("#", ("x"):gsub("x", "y"))) print((("x"):gsub("x", "y"))) local s, n = ("banana"):gsub("an", "AN") print(s, n) print(#("x"):gsub("x", "yy"))
--@ nested gsub
print((("a(b(c))"):gsub("%b()", function(s) return (s:gsub("[()]", "|")) end))) print(("outer inner"):gsub("%w+", function(w) return (w:gsub("%w", function(c) return c:upper() .. "." end)) end))
--@ a function that changes what is being walked
local t = {} print(("abc"):gsub("%w", function(c) t[#t + 1] = c return ("xyz"):gsub("y", c) end)) print(table.concat(t))
--@ frontier and balance
print(("THE (quick) fox"):gsub("%f[%a]%a+", function(w) return w:sub(1, 1):upper() .. w:sub(2):lower() end)) print(("f(a(b)) g(c)"):gsub("%b()", "<%0>"))
--@ templates
local function expand(s, vars) return (s:gsub("{{(.-)}}", function(k) k = k:match("^%s*(.-)%s*$") return tostring(vars[k]) end)) end print(expand("Hi {{ name }}, you are {{age}} and {{missing}}", {name = "Ann", age = 30}))
print((("$x + ${y}"):gsub("%$(%b{})", function(s) return "<" .. s:sub(2, -2) .. ">" end):gsub("%$(%w+)", "<%1>")))
--@ url and html
local function decode(s) return (s:gsub("+", " "):gsub("%%(%x%x)", function(h) return string.char(tonumber(h, 16)) end)) end print(decode("a+b%20c%21"), decode("100%25"), decode("%zz")) print((("<b>&\"x\"</b>"):gsub("[<>&\"]", {["<"] = "&lt;", [">"] = "&gt;", ["&"] = "&amp;", ['"'] = "&quot;"})))
--@ counting
local _, n = ("a b c d"):gsub("%s", "") print(n) print(select(2, ("banana"):gsub("a", "a")), select(2, ("x\ny\nz"):gsub("\n", "")), select(2, (""):gsub("x*", "")))
--@ large results
local s, n = ("x"):rep(10000):gsub("x", "yz") print(#s, n) s, n = ("ab"):rep(2000):gsub("a", ("c"):rep(10)) print(#s, n) s, n = ("a,"):rep(1000):gsub(",", function(c) return ";" end) print(#s, n)
--@ zero bytes in the replacement
local s = ("abc"):gsub("b", "\0") print(#s, s:byte(2)) s = ("a\0c"):gsub("%z", "%%0") print(s) s = ("abc"):gsub("b", "x\0%0\0y") print(#s)
--@ commas in numbers
local function commas(n) local s = tostring(n) local k repeat s, k = s:gsub("^(-?%d+)(%d%d%d)", "%1,%2") until k == 0 return s end print(commas(1234567), commas(-1234), commas(12), commas(1e9))
--@ camel and snake case
print((("some_snake_name"):gsub("_(%l)", string.upper)), (("someCamelName"):gsub("%u", function(c) return "_" .. c:lower() end)), (("title case me"):gsub("(%a)(%w*)", function(a, b) return a:upper() .. b end)))
