-- Different questions, one after the other: wrk -s ocsp.lua URL -- KIND FOLDER
local list, at, kind = {}, 0, nil
local threads = 0

local function octets(hex)
  return (hex:gsub("..", function (two) return string.char(tonumber(two, 16)) end))
end

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  kind = args[1]
  for line in io.lines(args[2] .. "/" .. kind) do
    if kind == "GET" then
      list[#list + 1] = wrk.format("GET", line)
    else
      list[#list + 1] = wrk.format("POST", nil, {["Content-Type"] = "application/ocsp-request"}, octets(line))
    end
  end
  at = math.floor(number * #list / 2)
end

function request()
  at = at + 1
  return list[at % #list + 1]
end
