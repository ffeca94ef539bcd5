--@ what is missing
local function try(s) print((loadstring(s, "=c") and "ok") or select(2, loadstring(s, "=c"))) end
for _, s in ipairs{
  "if", "if x", "if x then", "if x then else", "if x then elseif", "if x then else elseif y then end",
  "while", "while x", "while x do", "for", "for x", "for x=1", "for x=1,", "for x=1,2", "for x=1,2,3,4 do end",
  "for x,y", "for x in", "for x in y", "for x,y=1,2 do end", "for 1=1,2 do end", "for x.y in z do end",
  "repeat", "repeat x=1", "repeat x=1 until", "do", "do end end", "function", "function f", "function f(",
  "function f()", "function f(a,", "function f(a,)end", "function f(1)end", "function f(...,a)end",
  "function f.g:h.i() end", "function f:g:h() end", "function f[1]() end", "function () end",
  "local", "local 1", "local x y", "local x.y", "local x,", "local function", "local function f.g() end",
  "local function f", "return return", "return 1,", "return x y", "break", "if x then break end",
  "end", "else", "until x", "then", "x", "x.y", "x[1]", "x:y", "x:y()", "x()", "x,y", "x,y=", "x,y()=1",
  "f()=1", "f():g=1", "(x)=1", "(x)", "((x))()", "x=", "x=1,", "x==1", "1=x", "'a'='b'", "x='a'y",
} do try(s) end
--@ expressions
local function try(s) print((loadstring(s, "=c") and "ok") or select(2, loadstring(s, "=c"))) end
for _, s in ipairs{
  "x=(", "x=(1", "x=()", "x=(1,2)", "x={", "x={1", "x={1,", "x={,}", "x={1 2}", "x={1;2,3;}", "x={[1]}", "x={[1=2}",
  "x={[1]=}", "x={a=}", "x={a=1", "x={a.b=1}", "x={f()=1}", "x={...}", "x=1+", "x=+1", "x=-", "x=not", "x=#", "x=1 2",
  "x=a b", "x=a.1", "x=a.", "x=a.'b'", "x=a[", "x=a[1", "x=a[]", "x=a:b", "x=a:b.c", "x=a:b'c'", "x=a:b{}", "x=a:b[[c]]",
  "x=a'b'", "x=a{}", "x=f(1", "x=f(1,", "x=f(1,)", "x=f(,1)", "x=function", "x=function f() end", "x=function(a) ",
  "x=function(a b) end", "x=1 and", "x=or 1", "x=1..", "x=..1", "x=1 not 2", "x=a=b", "x=nil.y", "x=1.y", "x='a'.b",
  "x='a':b()", "x=('a'):b()", "x={}.a", "x=({}).a", "x=function() end()", "x=...", "x=....", "x=and", "x=end",
} do try(s) end
--@ where a block should end
print(loadstring("if x then\n\n\nprint(1)\n", "=c"))
print(loadstring("while x do\nif y then\nend\n", "=c"))
print(loadstring("function f()\n\nrepeat\n\n", "=c"))
print(loadstring("for i=1,2 do\n\n)", "=c"))
print(loadstring("f(\n1,\n2\n", "=c"))
print(loadstring("x = {\n1,\n2\n", "=c"))
print(loadstring("x = (\n1\n", "=c"))
print(loadstring("x = a[\n1\n", "=c"))
print(loadstring("if x then else\n\nend end", "=c"))
print(loadstring("do\n\nlocal x =", "=c"))
--@ varargs outside of a vararg function
print(loadstring("function f() return ... end", "=c"))
print(loadstring("function f(a) local x = {...} end", "=c"))
print(loadstring("function f(...) return function() return ... end end", "=c"))
print(type(loadstring("return ...", "=c")))
--@ a call whose bracket is on the next line
print(loadstring("local f\nf\n(1)", "=c"))
print(loadstring("f\n(1)", "=c"))
print(type(loadstring("f(\n1)", "=c")))
print(loadstring("x = f\n\n(g).y()", "=c"))
print(loadstring("f'a'\n(b)", "=c"))
--@ break must be the last statement and inside of a loop
print(loadstring("while 1 do break x() end", "=c"))
print(loadstring("break", "=c"))
print(loadstring("while 1 do function f() break end end", "=c"))
print(loadstring("repeat local x = 1; if x then break end until x", "=c") ~= nil)
print(loadstring("do break end", "=c"))
print(loadstring("return break", "=c"))
--@ return must be the last statement
print(loadstring("return 1 print(2)", "=c"))
print(loadstring("do return end print(2)", "=c") ~= nil)
print(loadstring("return; print(2)", "=c"))
print(loadstring("function f() return 1; 2 end", "=c"))
--@ errors count lines
print(loadstring("\n\n\nx x", "=c"))
print(loadstring("x = 'a\\\nb' \n y z", "=c"))
print(loadstring("x = [[\n\n\n]] y", "=c"))
print(loadstring("--[[\n\n\n]] y z", "=c"))
print(loadstring("-- a\n-- b\nx.", "=c"))
--@ tokens as messages show them
for _, s in ipairs{"x = 'str' 'b'", "x = [[long]] [[long]]", "x = 12 12e3", "x y", "x = <=", "x = == 1", "x ~= 1", "x ... = 1",
  "x = 1 .. .. 2", "x = 1 >= >= 2", "x { } = 1", "x = y z", "x = \"a\\nb\" c", "x 'a\\0b' = 1", "x = 0x1f y 3", "x = \1", "x \127"} do
  print((select(2, loadstring(s, "=c"))))
end
--@ an empty program and blanks
print(type(loadstring("")), type(loadstring("   \n\t\v\f  ")), type(loadstring("-- only")))
print(loadstring("")())
print(select('#', loadstring("return")()))
--@ too many locals
local t = {}
for i = 1, 200 do t[i] = "local a" .. i end
print(type(loadstring(table.concat(t, "\n"), "=c")))
t[201] = "local b"
print(loadstring(table.concat(t, "\n"), "=c"))
print(loadstring("function f(" .. ("a,"):rep(200) .. "a) end", "=c"))
print(loadstring("local function g()\n" .. table.concat(t, "\n") .. "\nend", "=c"))
print(loadstring("for i = 1, 2 do\n" .. table.concat(t, "\n", 1, 197) .. "\nend", "=c"))
--@ too many upvalues
local t, u = {}, {}
for i = 1, 61 do t[i] = "local a" .. i .. " = " .. i; u[i] = "a" .. i end
local function source(n)
  return table.concat(t, "\n", 1, n) .. "\nreturn function() return " .. table.concat(u, " + ", 1, n) .. " end"
end
print(loadstring(source(60), "=c")()())
print(loadstring(source(61), "=c"))
--@ too many nested things
local function nest(a, n, b, m) return loadstring(a:rep(n) .. b .. m:rep(n), "=c") end
print(type(nest("do ", 190, "", " end")))
print(nest("do ", 201, "", " end"))
print(nest("x = " .. ("("):rep(201) .. "1" .. (")"):rep(201), 1, "", ""))
print(nest("x = " .. ("{"):rep(201) .. ("}"):rep(201), 1, "", ""))
print(nest("x = " .. ("-"):rep(1) .. ("not "):rep(250) .. "1", 1, "", ""))
print(nest("x = " .. ("a.."):rep(150) .. "a", 1, "", "") ~= nil)
print(nest("x = " .. ("a^"):rep(210) .. "a", 1, "", ""))
print(nest("x = " .. ("f("):rep(201) .. (")"):rep(201), 1, "", ""))
print(nest("x = " .. ("function() return "):rep(201) .. "1" .. (" end"):rep(201), 1, "", ""))
print(nest("if x then ", 201, "", " end"))
print(nest("while x do ", 201, "", " end"))
print(nest("repeat ", 201, "", " until x"))
--@ many elseif do not nest
local s = "local x = 150 if x == 0 then return 0 "
for i = 1, 250 do s = s .. "elseif x == " .. i .. " then return " .. i .. " * 2 " end
print(loadstring(s .. "end")())
--@ many names in an assignment
local names = {}
for i = 1, 150 do names[i] = "a" .. i end
local f = loadstring(table.concat(names, ",") .. " = 1, 2, 3 return a1, a2, a3, a4, a150")
print(f())
for i = 1, 250 do names[i] = "a" .. i end
print(loadstring(table.concat(names, ",") .. " = 1", "=c"))
--@ a syntax error in the file itself
print("never printed")
local x = = 1
--@ an unclosed function in the file itself
local function f()
  if true then
    print("a")
end
f()
--@ constants beyond what an operand holds
local t = {"local t = {}\n"}
for i = 1, 600 do t[#t + 1] = ("t[%d] = t[%d] or %d.5; t.k%d = 'v%d'\n"):format(i, i, i, i, i) end
t[#t + 1] = "return t"
local r = loadstring(table.concat(t))()
print(r[1], r[255], r[256], r[257], r[300], r[600], r.k1, r.k255, r.k256, r.k257, r.k600)
--@ a long constructor
local t = {}
for i = 1, 1000 do t[i] = tostring(i) end
local r = loadstring("return {" .. table.concat(t, ",") .. "}")()
print(#r, r[1], r[50], r[51], r[100], r[101], r[512], r[1000])
local r = loadstring("local function f() return 1, 2, 3 end return {" .. table.concat(t, ",", 1, 99) .. ", f()}")()
print(#r, r[99], r[100], r[101], r[102])
--@ long jumps
local body = ("x = x + 1 "):rep(5000)
local f = loadstring("local x = 0 for i = 1, 3 do if i ~= 2 then " .. body .. " else x = x - 1 end end return x")
print(f())
