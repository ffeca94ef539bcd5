local Account = {} Account.__index = Account
function Account.new() return setmetatable({balance = 0, count = 0}, Account) end
function Account:deposit(n) self.balance = self.balance + n self.count = self.count + 1 end
function Account:get() return self.balance end
local Special = setmetatable({}, {__index = Account}) Special.__index = Special
local a, b, s = Account.new(), setmetatable({balance = 0, count = 0}, Special), 0
for i = 1, 2500000 do a:deposit(i) b:deposit(1) s = s + a:get() % 3 end
print(a.balance, b.balance, b.count, s)
