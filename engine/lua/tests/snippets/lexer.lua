--@ comments of both kinds
print(1) -- to the end of the line
--[[ a long
comment ]] print(2)
--[==[ with ]] and ]=] inside
]==] print(3)
--[ not long
print(4) --[[]]print(5)
---[[ a trick
print(6)
--]]
--@ a first line with a hash is skipped
#!/usr/bin/lua
print("ran")
error("on line three")
--@ names and reserved words
local _ = 1; local _1a, A_b = 2, 3
local andy, nilly, functional = 4, 5, 6
print(_, _1a, A_b, andy, nilly, functional)
local End, IF = "End", "IF" print(End, IF)
--@ simple escapes
print("a\tb|\\|\"|\'|")
print('single "double" inside', "double 'single' inside")
print(#"\a\b\f\n\r\t\v\\\"\'")
print(string.byte("\a\b\f\n\r\t\v", 1, -1))
--@ decimal escapes
print("\65\066\1001", #"\0\00\000", ("\0a"):byte(1, 2))
print("\255" == string.char(255), "\97lo\10\04923")
--@ unknown escapes give the letter itself
print("\q\w\%\[\x41\z")
--@ an escaped line end is a newline
print("one\
two\
three")
--@ long strings
print([[plain]], [==[with ]] and ]=] in it]==], [=[
first newline skipped]=])
print(#[[

]], #[[
a
b]], [[\n is not an escape]])
--@ nested brackets in a long string
print([[a [[nested opening is an error in level 0 only]])
--@ old nesting is an error
print(loadstring("return [[ [[ ]]"))
--@ carriage returns count as newlines
local f = loadstring("print(1)\rprint(2)\r\nprint(3)\n\rerror('x')")
print(pcall(f))
print(#loadstring("return [[\r\na\rb\n\rc]]")(), loadstring("return 'a\\\r\nb'")() == "a\nb")
--@ numerals
print(3, 3., 3.14, .5, 0.5e1, 5E-1, 1e+2, 0x10, 0XfF, 0xA, 1e308, 1e-320)
print(100000000000000, 1e15, 123456789012345678, 0.1, 1/3, 1e100, 2^53, 2^63)
print(0x7fffffff, 0xffffffff, 0xffffffffffff)
--@ numerals run into letters
print(loadstring("return 3x"))
print(loadstring("return 0x"))
print(loadstring("return 1e"))
print(loadstring("return 1..2"))
print(loadstring("return 0xg"))
print(loadstring("return 1.2.3"))
print(loadstring("return 5and 6"))
--@ operators without spaces
local a,b=5,3
print(a+b,a-b,a*b,a/b,a%b,a^b,a..b,a==b,a~=b,a<=b,a>=b,a<b,a>b,not a,#"abc",-a)
print(a--[[comment]]-b, a-(-b), 1 ..2)
--@ semicolons
local x = 1; local y = 2; print(x, y);
do local z; end;
return;
--@ lone semicolons are errors
print(loadstring("local a = 1;;"))
print(loadstring(";"))
--@ zero bytes in source
print(type(loadstring("return 'a\0b'")))
print(#loadstring("return 'a\0b'")())
print(loadstring("return 1 \0 + 2"))
--@ bytes above 127
print(loadstring("return \200"))
print(#"\200\201", "\226\130\172")
--@ long names and strings near a message's limit
print(loadstring("x = " .. ("a"):rep(100) .. " " .. ("b"):rep(100)))
print(loadstring("x = '" .. ("s"):rep(200)))
--@ unfinished things
print(loadstring("x = 'abc"))
print(loadstring("x = 'abc\ndef'"))
print(loadstring('x = "abc\\'))
print(loadstring("x = [[abc"))
print(loadstring("x = [==[abc]]"))
print(loadstring("--[[abc"))
print(loadstring("--[==[abc]]"))
print(loadstring("x = [=abc"))
print(loadstring("x = [="))
--@ escapes out of range
print(loadstring("x = '\\256'"))
print(loadstring("x = '\\999abc'"))
print(loadstring("x = '\\25x'") ~= nil)
--@ unexpected symbols
for _, s in ipairs{"@", "$x", "x = !1", "x ~ y", "x = ~1", "x = y & z", "`", "x = 'a' | 1", "?", "x = 1 // 2", "::a::", "goto a"} do
  print((loadstring(s) and "ok") or select(2, loadstring(s)))
end
--@ dots
print(loadstring("return ... , ..")) print(loadstring("return ....")) print(loadstring("x.. = 1"))
print(select('#', loadstring("return ...")(1, 2, 3)))
print(1 .. "", 1. .. "")
--@ the text of string chunk names
print(loadstring("x ="))
print(loadstring("x =", "=name"))
print(loadstring("x =", "@file.lua"))
print(loadstring("x =\n=", "first line\nsecond"))
print(loadstring("x =", ("long "):rep(30)))
print(loadstring("x =", "@" .. ("long/"):rep(30)))
print(loadstring("x =", "=" .. ("long "):rep(30)))
print(loadstring("x =", ""))
print(loadstring("\nx ="))
print(loadstring("local very_long_line_of_source_code = something_else + another_thing_to_make_it_long x"))
