-- What random programs may call, and what runs each of them by itself.
local ticks, nesting = 0, 0
local real_error, real_type, real_tostring, real_tonumber, real_print = error, type, tostring, tonumber, print
local format, gsub, concat, sub, unpack_, select_ = string.format, string.gsub, table.concat, string.sub, unpack, select

-- Called in every loop and function: programs end.
function tick()
  ticks = ticks + 1
  if ticks > 1500 then real_error("out of ticks", 0) end
end

-- Strings do not grow without end.
function cut(s)
  if real_type(s) == "string" and #s > 120 then return sub(s, 1, 120) end
  return s
end

-- A number to nine digits.
function near(x)
  return real_type(x) == "number" and real_tonumber(format("%.9g", x)) or x
end

-- No two computers have the same addresses, whatever is done with their digits.
function tostring(...)
  local s = real_tostring(...)
  return (gsub(s, "0x%x+", "ADDRESS"))
end

local function text(value, depth)
  local kind = real_type(value)
  if kind == "number" then return format("%.14g", value) end
  if kind == "string" then
    if #value > 200 then value = sub(value, 1, 200) .. "..." .. #value end
    return format("%q", (gsub(value, "0x%x+", "ADDRESS")))
  end
  if kind ~= "table" then return kind == "boolean" and real_tostring(value) or kind end
  if depth > 2 then return "{...}" end
  local parts, count = {}, 0
  for k, v in next, value do
    count = count + 1
    if count > 40 then parts[count] = "..." break end
    parts[count] = text(k, depth + 1) .. "=" .. text(v, depth + 1)
  end
  return "{" .. concat(parts, ",") .. "}#" .. #value
end

-- Any values as text, tables in the order of pairs.
function show(...)
  local parts = {}
  for i = 1, select_("#", ...) do parts[i] = text((select_(i, ...)), 0) end
  return concat(parts, " ")
end

function run(number, source)
  real_print("\1\2\1" .. number)
  ticks = 0
  local f, message = loadstring(source, "=p")
  if f then
    setfenv(f, setmetatable({}, {__index = _G}))
    real_print(show(pcall(f, 7, "vararg", nil)))
  else
    real_print("syntax", message)
  end
  real_print("\2done")
end
