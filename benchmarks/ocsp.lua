-- Different questions, one after the other: wrk -s ocsp.lua URL -- KIND FOLDER [checked]
-- FOLDER/KIND has paths or bodies, each after its length in two octets. With `checked` each answer is looked into: what
-- does not say good of one certificate is wrong.
local list, at, kind = {}, 0, nil
local threads, every = 0, {}
wrong = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
  every[#every + 1] = thread
end

function init(args)
  kind = args[1]
  local file = assert(io.open(args[2] .. "/" .. kind, "rb"))
  local all, from = file:read("*a"), 1
  file:close()
  while from < #all do
    local high, low = all:byte(from, from + 1)
    local one = all:sub(from + 2, from + 1 + 256 * high + low)
    from = from + 2 + #one
    if kind == "GET" then
      list[#list + 1] = wrk.format("GET", one)
    else
      list[#list + 1] = wrk.format("POST", nil, {["Content-Type"] = "application/ocsp-request"}, one)
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
  io.write("Right answers/sec: " .. (summary.requests - all) / summary.duration * 1e6 .. "\n")
end

function request()
  at = at + 1
  return list[at % #list + 1]
end
