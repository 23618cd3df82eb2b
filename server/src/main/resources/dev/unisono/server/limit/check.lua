-- Asks all levels of all rules that are for a request whether it may pass, and counts it in each of
-- them if it may in all, else in none. It is the same arithmetic as in Level, Buckets and Windows:
-- whole numbers below 2^53 alone, which are exact here.
--
-- KEYS  one for each rule: its levels' state, three numbers for each
-- ARGV  the cost; 1 where it is counted anyway; the time in microseconds, or nothing for Redis' own;
--       then for each rule: how many levels, and the milliseconds after which it says nothing more;
--       for each of its levels: kind, amount, window, tick, capacity, patience, most
-- Gives for each level: what came of asking it, what remains, and the ticks until all is there again.

local NEVER = -9007199254740991

local function floordiv(one, other)
  return math.floor(one / other)
end

local function ceildiv(one, other)
  return -math.floor(-one / other)
end

local cost = tonumber(ARGV[1])
local anyway = ARGV[2] == '1'
local micros = tonumber(ARGV[3])
if not micros then
  local time = redis.call('TIME')
  micros = tonumber(time[1]) * 1000000 + tonumber(time[2])
end

local function drain(level)
  local passed = level.now - level.b
  if passed <= 0 and level.a > 0 then
    return
  end
  if level.a == 0 or passed >= ceildiv(level.a, level.amount) then
    level.a = 0
  else
    level.a = level.a - passed * level.amount
  end
  level.b = level.now
end

local function turn(level)
  local index = floordiv(level.now, level.window)
  local turned = index - level.a
  if turned <= 0 then
    return
  end
  level.c = turned == 1 and level.b or 0
  level.b = 0
  level.a = index
end

local function passed(level)
  return math.max(0, level.now - level.a * level.window)
end

local function due(level, before, room)
  if room < 0 then
    return -1
  end
  if before <= room then
    return 0
  end
  return level.window - floordiv(room * level.window, before)
end

local function untilplace(level, asked)
  local over = level.a + (asked - level.capacity) * level.window
  return over <= 0 and 0 or ceildiv(over, level.amount)
end

local kinds = {
  t = {
    advance = drain,
    ask = function(level, asked)
      local wait = untilplace(level, asked)
      return wait <= level.patience and wait or -wait
    end,
    remaining = function(level)
      return math.max(0, floordiv(level.capacity * level.window - level.a, level.window))
    end,
  },
  l = {
    advance = drain,
    ask = function(level, asked)
      local place = untilplace(level, asked)
      local wait = ceildiv(level.a, level.amount)
      if place == 0 and wait <= level.patience then
        return wait
      end
      return -math.max(place, wait - level.patience)
    end,
    remaining = function(level)
      local early = level.patience * level.amount - level.a
      if early < 0 then
        return 0
      end
      return math.max(0, math.min(
        floordiv(level.capacity * level.window - level.a, level.window),
        floordiv(early, level.window) + 1))
    end,
  },
  f = {
    advance = turn,
    ask = function(level, asked)
      return level.b + asked <= level.amount and 0 or passed(level) - level.window
    end,
    remaining = function(level)
      return math.max(0, level.amount - level.b)
    end,
    reset = function(level)
      return level.b == 0 and 0 or level.window - passed(level)
    end,
  },
  s = {
    advance = turn,
    ask = function(level, asked)
      local gone = passed(level)
      local from = due(level, level.c, level.amount - level.b - asked)
      if from >= 0 and from < level.window then
        return from <= gone and 0 or gone - from
      end
      return gone - level.window - due(level, level.b, level.amount - asked)
    end,
    remaining = function(level)
      local left = math.max(0, level.window - passed(level))
      return math.max(0, level.amount - level.b - ceildiv(level.c * left, level.window))
    end,
    reset = function(level)
      local left = level.window - passed(level)
      if level.b > 0 then
        return left + level.window
      end
      return level.c > 0 and left or 0
    end,
  },
}

local function charge(level)
  if level.kind.reset then
    level.b = level.b + cost
  else
    level.a = math.min(level.a + cost * level.window, level.most)
  end
end

local at = 4
local passes = true
local rules = {}
for k = 1, #KEYS do
  local rule = { idle = ARGV[at + 1] }
  local count = tonumber(ARGV[at])
  at = at + 2
  local state = {}
  for number in string.gmatch(redis.call('GET', KEYS[k]) or '', '%S+') do
    state[#state + 1] = tonumber(number)
  end
  for l = 1, count do
    local level = {
      kind = kinds[ARGV[at]],
      amount = tonumber(ARGV[at + 1]),
      window = tonumber(ARGV[at + 2]),
      now = floordiv(micros, tonumber(ARGV[at + 3])),
      capacity = tonumber(ARGV[at + 4]),
      patience = tonumber(ARGV[at + 5]),
      most = tonumber(ARGV[at + 6]),
      a = state[3 * l - 2] or 0,
      b = state[3 * l - 1] or 0,
      c = state[3 * l] or 0,
    }
    at = at + 7
    level.kind.advance(level)
    level.answer = cost > level.capacity and NEVER or level.kind.ask(level, cost)
    passes = passes and level.answer >= 0
    rule[l] = level
  end
  rules[k] = rule
end

local answer = {}
for k = 1, #KEYS do
  local state = {}
  for l, level in ipairs(rules[k]) do
    if passes or anyway then
      charge(level)
    end
    if anyway then
      level.answer = level.kind.ask(level, 0)
    end
    local reset = level.kind.reset or function() return ceildiv(level.a, level.amount) end
    state[#state + 1] = string.format('%.0f %.0f %.0f', level.a, level.b, level.c)
    answer[#answer + 1] = string.format('%.0f', level.answer)
    answer[#answer + 1] = string.format('%.0f', level.kind.remaining(level))
    answer[#answer + 1] = string.format('%.0f', reset(level))
  end
  if passes or anyway then
    redis.call('SET', KEYS[k], table.concat(state, ' '), 'PX', rules[k].idle)
  end
end
return answer
