--@ single characters and dots
print(("hello"):match("l"), ("hello"):match("h.l"), ("hello"):match("...$"), ("a.b"):match("a%.b"), ("axb"):match("a%.b"), ("\n"):match("."), ("a\0b"):match("a.b") == "a\0b")
--@ classes
local s = "aZ5 _\t.\0\200" for _, c in ipairs{"a", "c", "d", "g", "l", "p", "s", "u", "w", "x", "z", "A", "C", "D", "L", "P", "S", "U", "W", "X", "Z"} do local out = {} for i = 1, #s do out[i] = s:sub(i, i):find("%" .. c) and 1 or 0 end print(c, table.concat(out)) end
--@ escapes of what is no class
print(("a%b"):match("%%"), ("a]b"):match("%]"), ("a-b"):match("%-"), ("a^$b"):match("%^%$"), ("k"):match("%k"), ("q"):match("%q"), ("a(b)"):match("%((.)%)"))
--@ sets
print(("hello"):match("[el]+"), ("hello"):match("[^el]+"), ("a-b"):match("[a%-b]+"), ("x-y"):match("[x-]+"), ("x-y"):match("[-x]+"), ("]x"):match("[]]"), ("x]"):match("[^]]"), ("a]b"):match("[]a]+"), ("^a"):match("[a^]+"), ("5f"):match("[0-9a-f]+"), ("Zz"):match("[A-Z][a-z]")) print(("a.b"):match("[.]"), ("a%b"):match("[%%]"), ("tab\t"):match("[%s]"), ("abc123"):match("[%a%d]+"), ("_x1"):match("[%w_]+"), ("x"):match("[%W]"), ("é"):match("[\128-\255]+") == "é", ("b"):match("[a-]"), ("-"):match("[a-]"), ("c"):match("[b-d]"), ("z"):match("[d-b]"))
--@ repetitions
print(("aaa"):match("a*"), ("aaa"):match("a+"), ("aaa"):match("a-"), ("aaa"):match("a?"), ("baaa"):match("a*"), ("baaa"):match("a+"), (""):match("a*"), (""):match("a+"), ("aaab"):match("a-b"), ("ab"):match("a?b"), ("b"):match("a?b"), ("aXbXc"):match("(.-)X"), ("aXbXc"):match("(.*)X")) print(("  x"):match("^%s*$"), ("   "):match("^%s*$") == "   ", ("[[x]]"):match("%[%[(.-)%]%]"), ("a?b"):match("a%?b"), ("a*"):match("a%*"))
--@ anchors
print(("hello"):match("^h"), ("hello"):match("^e"), ("hello"):match("o$"), ("hello"):match("l$"), ("hello"):match("^hello$"), ("a^b"):match("a^b"), ("a$b"):match("a$b"), ("^"):match("^^"), ("$"):match("$$"), ("x"):match("^"), ("x"):match("$"), ("hello"):find("^l", 3), ("hello"):find("^h", 2), ("x$"):match("x%$$"))
--@ captures
print(("key = value"):match("(%w+)%s*=%s*(%w+)"), ("2024-01-15"):match("(%d+)-(%d+)-(%d+)"), ("abc"):match("((a)(b))c"), ("abc"):match("()b()"), ("abc"):match("a()"), ("abc"):match("()"), (""):match("()"), ("x"):match("(x)(y?)")) print(("hello world"):find("(o) (w)"), ("abc"):match("(a)(b)(c)"), ("  x"):match("^(%s*)"), ("f(a,b)"):match("%((.-),(.-)%)"))
--@ back references
print(("abab"):match("(ab)%1"), ("abba"):match("(a)(b)%2%1"), ([["quoted" 'x']]):match([[(["'])(.-)%1]]), ("aa bb cd"):match("(%a)%1 (%a)%2"), ("abc"):match("(.)%1"), ("hello"):match("(l)%1"), ("x=x"):match("(%w)=%1"))
--@ balanced
print(("f(a(b)c)d"):match("%b()"), ("((x)"):match("%b()"), ("no"):match("%b()"), ("{a{b}c}"):match("%b{}"), ("xaybz"):match("%bxz"), ("''"):match("%b''"), ("'a'b'"):match("%b''"), ("<<>>"):find("%b<>")) print(("begin end"):match("%bbe"))
--@ frontiers
print(("THE (quick) fox"):find("%f[%a]%a+%f[%A]"), ("THE (quick) fox"):match("%f[%l]%l+"), ("hello"):match("%f[%w]%w+%f[%W]"), ("a1b2"):gsub("%f[%d]", "#"), ("word"):find("%f[%z]"), (""):find("%f[%a]"), ("x"):find("%f[x]x"))
--@ match with a start
print(("hello"):match("l+", 4), ("hello"):match(".", -1), ("hello"):match("^l", 3), ("hello"):match("h", 2), ("hello"):match("()", 10), ("hello"):match("()", 6), ("hello"):match("", 7), ("hello"):match(".", 100), ("hello"):match(".", -100)) print(pcall(string.match)) print(pcall(string.match, "x")) print(pcall(string.match, "x", "y", {})) print(pcall(string.match, {}, "x"))
--@ malformed patterns
for _, p in ipairs{"%", "a%", "[", "[a", "[^", "[]", "[^]", "[%", "[a%", "(", "(a", ")", "a)", "(()", "())", "%b", "%bx", "%f", "%fa", "%1", "(a)%2", "%0", "(%1)", "[a-", "[a-%", "*", "+", "?", "-", "a**", "^*", "(a*", "%g(", "[[:alpha:]]"} do print(p, pcall(string.find, "a)b]", p)) end
--@ malformed patterns that are not reached
print(pcall(string.find, "b", "a%")) print(pcall(string.find, "b", "a[")) print(pcall(string.find, "", "a(")) print(pcall(string.match, "x", "y%1")) print(pcall(string.find, "abc", "c[", 3)) print(pcall(string.find, "abc", "^b(", 1))
--@ too many captures
print(pcall(string.match, ("a"):rep(40), ("(a)"):rep(32))) print(pcall(string.match, ("a"):rep(40), ("(a)"):rep(33))) print(pcall(string.find, "a", ("()"):rep(33)))
--@ positions in repeated captures
for a, b in ("one two"):gmatch("()%a+()") do print(a, b) end print(("abc"):gsub("()", "%1"))
--@ gmatch
for w in ("one  two three"):gmatch("%a+") do print(w) end for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do print(k, v) end for c in ("abc"):gmatch("") do print("empty") end for c in ("abc"):gmatch(".-") do print("[" .. c .. "]") end
print(pcall(string.gmatch)) print(pcall(string.gmatch, "x")) print(pcall(string.gmatch, {}, "x")) local f = ("ab"):gmatch(".") print(f(), f(), f(), f()) print(type(("x"):gmatch("x"))) for w in ("x"):gmatch("y") do print("never") end print(pcall(("a"):gmatch("(")))
--@ gmatch with an anchor
local n = 0 for w in ("aaa"):gmatch("^a") do n = n + 1 end print(n) for w in ("^a^a"):gmatch("^a") do print(w) end
--@ gmatch of empty matches
local out = {} for w in ("a,b,,c"):gmatch("([^,]*)") do out[#out + 1] = "[" .. w .. "]" end print(table.concat(out)) out = {} for p in ("abc"):gmatch("()") do out[#out + 1] = p end print(table.concat(out, " ")) for a, b in ("k1=v1;k2=;=v3"):gmatch("([^=;]*)=([^=;]*)") do print(a, b) end
--@ two gmatches at once
local a, b = ("12"):gmatch("%d"), ("xyz"):gmatch("%a") print(a(), b(), a(), b(), a(), b())
--@ greedy and not, combined
print(("<a><b>"):match("<.->"), ("<a><b>"):match("<.*>"), ("aXXb"):match("a(X-)b"), ("aXXb"):match("a(X-)X"), ("/usr/local/bin"):match(".*/"), ("/usr/local/bin"):match("([^/]*)$"), ("file.tar.gz"):match("(.-)%.(.*)"), ("file.tar.gz"):match("(.*)%.(.*)"))
--@ common tasks
print(("  trim me  "):match("^%s*(.-)%s*$") .. "|", ("192.168.1.10"):match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$"), ("user@example.com"):match("^[%w.]+@[%w.]+%.%a+$"), ("#ff8800"):match("^#(%x%x)(%x%x)(%x%x)$"), ("k: v: w"):match("^(.-):%s*(.*)$"), ("http://host:80/path?q=1"):match("^(%a+)://([^:/]+):?(%d*)([^?]*)%??(.*)$"))
--@ backtracking
print(("a"):rep(20):match(("a?"):rep(20) .. ("a"):rep(20)) ~= nil, ("x"):rep(30):match(".-.-.-y"), ("aaaa"):match("(a*)(a*)(a-)(a?)$"), ("foobar"):match("(.*)(o)(.*)"), ("mississippi"):match("(.*)ss(.*)"), ("mississippi"):match("(.-)ss(.*)"))
--@ zero bytes
print(("a\0b\0c"):find("\0"), ("a\0b"):match("%z"), #("a\0\0b"):match("%z+"), ("a\0b"):find("b"), ("a\0b"):gsub("%z", "0"), ("x\0y"):match("[%z]") == "\0", ("a\0b"):find("a\0b", 1, true)) print(("abc"):find("b\0c"), ("a\0b"):match("a\0b"))
--@ long subjects
local s = ("a"):rep(50000) .. "b" print(#s:match("a*"), s:match("b"), #s:match(".*b"), s:find("a-b"), s:match("(a-)(b)$") ~= nil, s:find("[^a]"), select("#", s:find("c")))
--@ patterns that are built
local function escape(s) return (s:gsub("[%^%$%(%)%%%.%[%]%*%+%-%?]", "%%%1")) end print(pcall(escape, "a.b*c")) local function esc(s) return (s:gsub("%p", "%%%0")) end print(esc("a.b*c[d]"), ("x a.b*c[d] y"):find(esc("a.b*c[d]")))
--@ numbers as subjects and patterns
print(string.find(12345, 3), string.match(1.5, "%d+"), string.gsub(112, 1, 2), string.match("a5b", 5))
