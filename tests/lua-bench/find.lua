local n = 0
local line = "2024-01-15 10:22:33 INFO user=alice id=12345 action=login"
for i = 1, 250000 do
  local y, m, d = line:match("(%d+)-(%d+)-(%d+)") n = n + y + m + d
  n = n + (line:find("action", 1, true)) + (line:find("id=%d+"))
end
print(n)
