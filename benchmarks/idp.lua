-- Requests of a file, one after the other: wrk -s idp.lua URL -- FILE
-- A line: METHOD TAB PATH TAB Authorization TAB BODY. With a further word `chain` a line's BODY ends with a refresh
-- token, and each answer's token is asked with next, so that none is shown twice.
local list, at, chain, tail = {}, 0, false, 0
local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

local function made(method, path, authorization, body)
  local headers = {}
  if authorization ~= "" then headers["Authorization"] = authorization end
  if body ~= "" then headers["Content-Type"] = "application/x-www-form-urlencoded" end
  return wrk.format(method, path, headers, body ~= "" and body or nil)
end

function init(args)
  chain = args[2] == "chain"
  local lines = 0
  for line in io.lines(args[1]) do
    local method, path, authorization, body = line:match("([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)")
    lines = lines + 1
    if not chain then
      list[#list + 1] = made(method, path, authorization, body)
    elseif lines % 2 == number then -- each thread has its own
      again = function (token)
        return made(method, path, authorization, "grant_type=refresh_token&refresh_token=" .. token)
      end
      list[#list + 1] = again(body)
    end
  end
  tail = #list
  at = chain and 0 or math.floor(number * #list / 2)
  if chain then
    function response(status, headers, body)
      tail = tail + 1
      list[tail] = again(body:match('"refresh_token": ?"([^"]+)"') or "none")
    end
  end
end

function request()
  at = at + 1
  if chain then
    local one = list[at]
    list[at] = nil
    return one
  end
  return list[at % #list + 1]
end

