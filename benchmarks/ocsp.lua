-- Different questions, one after the other: wrk -s ocsp.lua URL -- KIND FOLDER [checked]
-- With `checked` each answer is looked into, and those are told that do not say good of one certificate.
local list, at, kind = {}, 0, nil
local threads, every = 0, {}
wrong = 0

local function octets(hex)
  return (hex:gsub("..", function (two) return string.char(tonumber(two, 16)) end))
end

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
  every[#every + 1] = thread
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
  if args[3] == "checked" then
    response = function (status, headers, body)
      local good = body:find("\128\0\24\15", 1, true) -- [0] IMPLICIT NULL before thisUpdate
      if status ~= 200 or body:sub(5, 7) ~= "\10\1\0" or not good then wrong = wrong + 1 end
    end
  end
end

function done(summary, latency, requests)
  local all = 0
  for _, thread in ipairs(every) do all = all + thread:get("wrong") end
  io.write("Wrong answers: " .. all .. "\n")
end

function request()
  at = at + 1
  return list[at % #list + 1]
end
