--@ integers
print(("%d|%5d|%-5d|%05d|%+d|% d|%.3d|%5.3d|%i"):format(42, 42, 42, 42, 42, 42, 42, 42, 42)) print(("%d|%5d|%-5d|%05d|%+d|% d|%.3d"):format(-42, -42, -42, -42, -42, -42, -42)) print(("%d %d %d"):format(3.9, -3.9, "10")) print(("%d %d"):format(2^31, -2^31), ("%d"):format(2^53), ("%d"):format(-2^53))
--@ integers out of range
print(("%d"):format(2^63), ("%d"):format(-2^63), ("%d"):format(2^64), ("%d"):format(1e300), ("%d"):format(0/0), ("%d"):format(1/0), ("%d"):format(-1/0)) print(("%u %x"):format(-1, -1), ("%x"):format(2^63), ("%o"):format(-8), ("%u"):format(2^64))
--@ unsigned, octal and hexadecimal
print(("%u|%o|%x|%X|%#x|%#X|%#o|%08x|%-8x|%8X|%.4x"):format(255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255)) print(("%#x %#o %x"):format(0, 0, 0))
--@ floats
print(("%f|%.2f|%10.3f|%-10.1f|%+.1f|%010.2f|%.0f|%#.0f"):format(3.14159, 3.14159, 3.14159, 3.14159, 3.14159, 3.14159, 3.5, 3)) print(("%f %f %f"):format(1e15, 1e-7, -0.0), ("%.20f"):format(0.1), ("%.3f"):format(2.0005), ("%.0f %.0f %.0f"):format(0.5, 1.5, 2.5), ("%f"):format(1e300):sub(1, 20)) print(("%5.1f|%-8.3f|% f"):format("2.25", 1/3, 1))
--@ exponents
print(("%e|%.2e|%E|%12.3e|%-12.1e|%+e|%.0e|%#.0e"):format(12345.678, 12345.678, 12345.678, 12345.678, 12345.678, 12345.678, 12345.678, 12345.678)) print(("%e %e %e"):format(0, 1e-300, 1e300), ("%.15e"):format(1/3))
--@ the shorter of both
print(("%g|%g|%g|%g|%g|%g|%g|%g"):format(1, 0.1, 100000, 1000000, 1e-4, 1e-5, 123456789, 1e100)) print(("%.3g|%10.4g|%-10.2g|%G|%#g|%#.3g|%+g|%.14g|%.17g|%.0g"):format(1234.5, 1234.5, 1234.5, 1e-10, 1, 1, 5, 0.1, 0.1, 15))
--@ infinities and nan
print(("%f %g %e %.1f %5.1f|%-6f|%06f %+f"):format(1/0, 1/0, 1/0, -1/0, 1/0, 1/0, 1/0, 1/0)) print(("%F"):format(1) == nil)
--@ unknown directives
for _, f in ipairs{"%F", "%y", "%", "%5", "%.", "%-", "abc%", "%l", "%ld", "%p", "%n", "%b", "%a", "%Z", "%5.3", "%*d", "%_", "%\0"} do print(f, pcall(string.format, f, 1)) end
--@ too long
print(pcall(string.format, "%100d", 1)) print(pcall(string.format, "%099d", 1)) print(pcall(string.format, "%.100f", 1)) print(pcall(string.format, "%-+ #0d", 1)) print(pcall(string.format, "%-+ #00d", 1)) print(pcall(string.format, "%------d", 1)) print(pcall(string.format, "%.99f", 1/3)) print(pcall(string.format, "%123s", "x")) print(#("%99d"):format(1), #("%99.99f"):format(1), ("%1.1.1f"):format(1) == nil)
--@ strings
print(("%s|%5s|%-5s|%.2s|%5.1s|%-5.3s|%s"):format("abc", "abc", "abc", "abc", "abc", "abc", "")) print(("%s %s %s"):format(1, 1.5, -0), ("%s"):format("a\0b") == "a\0b", #("%5s"):format("a\0b"), #("%s"):format(("x"):rep(500)), #("%.3s"):format(("x"):rep(500)), #("%200s" == nil or "x")) print(("%10s|%-10s|"):format("right", "left"), ("%.0s|"):format("gone"), ("%05s|"):format("z"))
--@ strings that are none
print(pcall(string.format, "%s", nil)) print(pcall(string.format, "%s", {})) print(pcall(string.format, "%s", true)) print(pcall(string.format, "%s")) print(pcall(string.format, "%s %s", "a")) print(pcall(string.format, "%s", setmetatable({}, {__tostring = function() return "ts" end})))
--@ quoted
print(("%q"):format('a "b" \\ c\n\r\0d\t\200') == '"a \\"b\\" \\\\ c\\\n\\r\\000d\t\200"', ("%q"):format("plain"), ("%q"):format(""), ("%q"):format(12)) print(loadstring("return " .. ("%q"):format("x\n\"\\\0y\r"))() == "x\n\"\\\0y\r") print(pcall(string.format, "%q", {})) print(pcall(string.format, "%5q", "x")) print(pcall(string.format, "%q"))
--@ characters
print(("%c%c%c"):format(72, 105, 33), #("%c"):format(0), ("%5c|%-5c|"):format(65, 65), ("%c"):format(65.7), ("%c"):format(321), #("a%cb"):format(0), ("%c"):format(-1) == "\255") print(pcall(string.format, "%c", "x")) print(pcall(string.format, "%c"))
--@ percent
print(("%%"):format(), ("100%%"):format(1), ("%d%%"):format(50), ("%%d"):format(1), ("%%%d%%"):format(7), pcall(string.format, "%5%"))
--@ bad arguments
print(pcall(string.format)) print(pcall(string.format, nil)) print(pcall(string.format, {})) print(pcall(string.format, "%d")) print(pcall(string.format, "%d", "x")) print(pcall(string.format, "%d", {})) print(pcall(string.format, "%d", nil)) print(pcall(string.format, "%f", true)) print(pcall(string.format, "%d %d", 1)) print(pcall(string.format, "%x", "0x10")) print(pcall(string.format, "%g", "abc")) print(string.format(12), string.format("%d", "0x10"), string.format("%.1f", "1e2")) print(pcall(string.format, "no directives", 1, 2, {}))
--@ the method form counts arguments from the string on
print(pcall(function() return ("%d"):format("x") end)) print(pcall(function() return ("%s %d"):format("a", {}) end))
--@ many directives
print(("%d %s %g %x %5.2f %q %c %i %o %e"):format(1, "two", 3.5, 255, 2/3, "q", 65, 9, 8, 1e10)) print((("%d,"):rep(100)):format(unpack((function() local t = {} for i = 1, 100 do t[i] = i end return t end)())))
--@ tables of numbers
for i = -2, 2 do print(("%3d %6.2f %-6s| %04x"):format(i, i / 3, "n" .. i, i % 16)) end
--@ rounding
for _, x in ipairs{0.5, 1.5, 2.5, 0.05, 0.15, 0.25, 0.35, 1.005, 2.675, 1e21, 1.1e-7} do print(("%.0f %.1f %.2f %g %.3g %e"):format(x, x, x, x, x, x)) end
--@ numbers as print writes them
for _, x in ipairs{1e15, 1e16, 123456789012345, 1234567890123456, 0.1, 1/3, 1e-5, 123e-7, 5e-324, 1.7976931348623157e308, 2^53, 2^63, -1e-10, 100, 1e2, 12345.6789, 3.0} do print(x, ("%.14g"):format(x), ("%.17g"):format(x), x .. "") end
--@ octal numbers with all of their digits and a zero before them
print(string.format("%#o|%+#4o|%#30o|%#.25o|%#o|%#o", -1, -1, -1, -1, 2^63, 0))
