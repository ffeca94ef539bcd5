local text = ("the quick brown fox jumps over the lazy dog "):rep(200)
local n = 0
for i = 1, 60 do
  local r, c = text:gsub("%w+", string.upper) n = n + c + #r
  r, c = text:gsub("(%w)(%w*)", "%2%1") n = n + c
  r, c = text:gsub("o", {o = "0"}) n = n + c
  for w in text:gmatch("%a+") do n = n + #w end
end
print(n)
