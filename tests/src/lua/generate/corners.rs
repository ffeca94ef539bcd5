//! What programs seldom do: environments, chains of metatables, coroutines in every state, errors of every kind and
//! level, loops over numbers that are hardly any, and texts that the lexer has to look at twice.

use super::{Kind, Maker, Node};

/// What is wrong with each of them has a message that names a variable, or does not.
const WRONG: &[&str] = &[
    "x.y.z",
    "x.y()",
    "x:y()",
    "n.a.b",
    "s:none()",
    "s.x.y",
    "n()",
    "s()",
    "t()",
    "t.a.b.c",
    "t.a()",
    "t:a()",
    "t[1]()",
    "#n",
    "#x",
    "-t",
    "-s",
    "t + 1",
    "1 + t",
    "s + 1",
    "t.q + 1",
    "u + 1",
    "u.v.w",
    "s .. t",
    "t .. s",
    "n .. x",
    "t.q .. s",
    "t < t",
    "n < s",
    "s < n",
    "t < n",
    "x < x",
    "f < f",
    "t <= n",
    "n >= s",
    "glob()",
    "glob.x",
    "glob.x.y",
    "string.none()",
    "math.floor.x.y",
    "(function() end)()()",
    "t[x]",
    "rawset(t, x, 1)",
    "f + f",
    "2 ^ t",
    "t % 2",
    "n / s",
    "(t)()",
    "(t).a.b",
    "f().x.y",
    "t[t][t][t]",
    "string.rep()",
    "s:rep({})",
    "s:sub()",
    "('x').y.z",
    "('x')()",
    "nil .. 1",
    "{} .. {}",
    "1 < 'x'",
    "#5",
];

impl Maker {
    /// One of them.
    pub(super) fn corner(&mut self, body: &mut Vec<Node>) {
        let varargs = std::mem::replace(&mut self.varargs, false);
        let line = match self.random.below(12) {
            0 => self.environment(),
            1 | 2 => self.metatables(),
            3 | 4 => self.coroutine_states(),
            5 => self.levels(),
            6 | 7 => self.wrong(),
            8 => self.odd_loop(),
            9 => self.varargs_line(),
            10 => self.lexical(),
            _ => self.chunk(),
        };
        self.varargs = varargs;
        body.push(Node::Line(line));
    }

    fn environment(&mut self) -> String {
        let (a, b, f) = (self.any(1), self.number(1), self.function_value(1));
        match self.random.below(7) {
            0 => format!(
                "do local f = function() tick() glob = (glob or 0) + 1 return glob end local e = {{glob = {b}, tick = tick}} print(show(setfenv(f, e) == f, f(), f(), e.glob, glob, getfenv(f) == e)) end"
            ),
            1 => format!("print(show((pcall(setfenv, {f}, setmetatable({{}}, {{__index = _G}})))))"),
            2 => format!("print(show((pcall(getfenv, {}))))", self.random.between(-1, 4)),
            3 => format!(
                "print(show(pcall(function() setfenv(1, setmetatable({{v = {a}}}, {{__index = _G}})) w = v return w, rawget(_G, \"w\"), getfenv(1).w, getfenv(2) == getfenv(1) end)))"
            ),
            4 => format!(
                "print(show(pcall(function() local function g() setfenv(2, {{q = {b}}}) end g() return q, print end)))"
            ),
            5 => "print(show(getfenv(print) == getfenv(0), pcall(setfenv, print, {}), pcall(getfenv, \"x\")))".to_owned(),
            _ => format!(
                "print(show(pcall(function() local f = loadstring(\"v = ... return v, other\") setfenv(f, {{other = {b}}}) return f({a}), getfenv(f).v end)))"
            ),
        }
    }

    fn metatables(&mut self) -> String {
        let (a, b, c) = (self.any(1), self.any(1), self.number(1));
        let key = self.random.word(&["x", "y", "n", "zz"]);
        match self.random.below(15) {
            0 => format!(
                "do local base = {{x = {a}}} local mid = setmetatable({{y = {b}}}, {{__index = base}}) local o = setmetatable({{}}, {{__index = mid}}) print(show(o.{key}, o.x, rawget(o, \"x\"), mid.{key})) end"
            ),
            1 => format!(
                "do local t = setmetatable({{}}, {{__index = function(t, k) tick() return k .. \"!\" end}}) local o = setmetatable({{}}, {{__index = t}}) print(show(o.{key}, pcall(function() return o[{a}] end))) end"
            ),
            2 => format!(
                "do local t = {{}} setmetatable(t, {{__index = t}}) print(show(pcall(function() return t[{a}] end))) print(show(pcall(function() local u = setmetatable({{}}, t) t.__newindex = u u.{key} = 1 return rawget(u, \"{key}\") end))) end"
            ),
            3 => format!(
                "do local store = {{}} local o = setmetatable({{n = 1}}, {{__newindex = store}}) o.{key} = {a} o.x = {b} print(show(o, store)) end"
            ),
            4 => format!(
                "do local log = {{}} local o = setmetatable({{}}, {{__newindex = setmetatable({{}}, {{__newindex = function(t, k, v) tick() log[#log + 1] = k rawset(t, k, {c}) end}})}}) o.{key} = {a} o[1] = {b} print(show(log, o, next(o))) end"
            ),
            5 => format!(
                "do local inner = setmetatable({{}}, {{__call = function(self, ...) tick() return select(\"#\", ...), ... end}}) local o = setmetatable({{}}, {{__call = inner, __index = inner}}) print(show(pcall(o, {a}, {b}), pcall(function() return o.{key} end))) end"
            ),
            6 => format!(
                "do local m = {{__eq = function(a, b) tick() return {a} end}} local p, q, r = setmetatable({{}}, m), setmetatable({{}}, m), setmetatable({{}}, {{__eq = function() return true end}}) print(show(p == q, p ~= q, p == r, p == {c}, rawequal(p, q))) end"
            ),
            7 => format!(
                "do local m = {{__lt = function(a, b) tick() return {a} end}} local p, q = setmetatable({{}}, m), setmetatable({{}}, m) print(show(p < q, p > q, p <= q, p >= q, pcall(function() return p < {c} end), pcall(function() return {b} <= p end))) end"
            ),
            8 => format!(
                "do local m = {{}} m.__concat = function(a, b) tick() return (type(a) == \"table\" and \"T\" or tostring(a)) .. (type(b) == \"table\" and \"T\" or tostring(b)) end local o = setmetatable({{}}, m) print(show(pcall(function() return \"x\" .. o .. {c} .. o .. \"y\" end), pcall(function() return {a} .. o end))) end"
            ),
            9 => format!(
                "do local o = setmetatable({{1, 2}}, {{__len = function() return 9 end, __unm = function(a, b) return rawequal(a, b), {a} end, __metatable = {b}}}) print(show(#o, -o, getmetatable(o), pcall(setmetatable, o, {{}}))) end"
            ),
            10 => format!(
                "do local o = setmetatable({{}}, {{__tostring = function(a) tick() return {a} end}}) print(show(pcall(tostring, o))) print(show(pcall(print, o))) end"
            ),
            11 => {
                let mode = self.random.word(&["k", "v", "kv", "", "x"]);
                format!(
                    "do local w = setmetatable({{{{}}, \"s\", 3, {c}, k = {{}}, s = \"x\"}}, {{__mode = \"{mode}\"}}) w[{{}}] = 1 w[\"key\"] = {{}} collectgarbage() local n = 0 for k in pairs(w) do n = n + 1 end print(show(n, w[2], w[3], w.s, type(w[1]), type(w.key))) end"
                )
            }
            12 => format!(
                "do local o = setmetatable({{}}, {{__index = string}}) print(show(o.len == string.len, pcall(function() return o:rep(2) end), (\"x\").{key}, getmetatable(\"\").__index == string)) end"
            ),
            13 => {
                let event = self.random.word(&[
                    "__add", "__sub", "__mul", "__div", "__mod", "__pow", "__unm", "__concat",
                    "__lt", "__le", "__call", "__index",
                ]);
                format!(
                    "do local o = setmetatable({{}}, {{{event} = {a}}}) print(show(pcall(function() return o + {b} end))) print(show(pcall(function() return {c} - o end))) print(show(pcall(function() return o .. \"\" end))) print(show(pcall(function() return o < o, o <= o end))) print(show(pcall(function() return o(1) end), pcall(function() return o.zz end))) end"
                )
            }
            _ => format!(
                "print(show(pcall(setmetatable, {a}, {b}), pcall(getmetatable, {c}), getmetatable({{}}), pcall(rawget, {a}, 1)))"
            ),
        }
    }

    fn coroutine_states(&mut self) -> String {
        let (a, b, c) = (self.any(1), self.any(1), self.string(1));
        match self.random.below(15) {
            0 => format!(
                "do local co = coroutine.create(function(...) tick() return select(\"#\", ...), coroutine.yield(...) end) print(show(coroutine.status(co), coroutine.resume(co, {a}, {b}))) print(show(coroutine.status(co), coroutine.resume(co, {c}))) print(show(coroutine.status(co), coroutine.resume(co))) end"
            ),
            1 => "do local co co = coroutine.create(function() return coroutine.status(co), coroutine.resume(co) end) print(show(coroutine.resume(co))) end".to_owned(),
            2 => "do local co co = coroutine.create(function() local inner = coroutine.create(function() return coroutine.status(co), coroutine.resume(co) end) return coroutine.resume(inner) end) print(show(coroutine.resume(co))) end".to_owned(),
            3 => "do local f f = coroutine.wrap(function() return f() end) print(show(pcall(f))) end".to_owned(),
            4 => format!(
                "do local f = coroutine.wrap(function() tick() error({a}) end) print(show(pcall(f))) print(show(pcall(f))) end"
            ),
            5 => format!(
                "do local f = coroutine.wrap(function() tick() coroutine.yield({a}) local x = nil; x.y = 1 end) print(show(pcall(f), pcall(f), pcall(f))) end"
            ),
            6 => format!(
                "do local co = coroutine.create(function() return pcall(function() return coroutine.yield({a}) end) end) print(show(coroutine.resume(co))) print(show(coroutine.resume(co, {b}), coroutine.status(co))) end"
            ),
            7 => format!(
                "do local co = coroutine.create(function() local o = setmetatable({{}}, {{__add = function(a, b) return coroutine.yield(b) end, __index = function(t, k) return coroutine.yield(k) end}}) return o + {a} end) print(show(coroutine.resume(co))) print(show(coroutine.resume(co, {b}))) end"
            ),
            8 => "do local co = coroutine.create(function() table.sort({3, 1, 2}, function(a, b) coroutine.yield(a) return a < b end) end) print(show(coroutine.resume(co))) print(show(coroutine.resume(co))) end".to_owned(),
            9 => format!(
                "do local co = coroutine.create(function() return (({c} .. \"ab\"):gsub(\".\", coroutine.yield)) end) print(show(coroutine.resume(co))) print(show(coroutine.resume(co, \"x\"))) end"
            ),
            10 => format!(
                "do local r = {{}} for x in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) do tick() r[#r + 1] = x end print(show(r, pcall(coroutine.yield, {a}))) end"
            ),
            11 => format!(
                "do local co = coroutine.create(function() for k in function() return coroutine.yield({a}) end do tick() return k end end) print(show(coroutine.resume(co))) print(show(coroutine.resume(co, {b}))) end"
            ),
            12 => format!(
                "do local co = coroutine.create({}) print(show(coroutine.resume(co, {a}, {b}))) print(show(coroutine.status(co), coroutine.resume(co))) end",
                self.random.word(&["print", "pcall", "error", "tostring", "coroutine.yield", "coroutine.running", "string.rep", "unpack", "getfenv", "next"])
            ),
            13 => format!(
                "print(show(type(coroutine.running()), pcall(coroutine.create, {a}), pcall(coroutine.status, {b}), pcall(coroutine.wrap, {c})))"
            ),
            _ => format!(
                "do local gen = function(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i, {a}) end return \"end\" end) end local p, q = gen(2), gen(3) print(show(p(), q(), p(), q(), pcall(p), pcall(p), pcall(q))) end"
            ),
        }
    }

    fn levels(&mut self) -> String {
        let (a, b, level) = (self.any(1), self.string(1), self.random.between(-1, 6));
        match self.random.below(11) {
            0 => format!(
                "do local function f(x) tick() error({b}, {level}) end local function g(x) f(x) return 1 end print(show(pcall(g, 1), pcall(f, 1), pcall(function() g(2) end))) end"
            ),
            1 => format!(
                "print(show(pcall(error, {a}, {level}), pcall(error), pcall(error, nil), pcall(pcall)))"
            ),
            2 => format!(
                "print(show(xpcall(function() error({a}) end, function(e) tick() return type(e), {b} end)))"
            ),
            3 => format!(
                "print(show(xpcall(function() local x = {a}; return x.y.z end, function(e) tick() error({b}) end)))"
            ),
            4 => format!("print(show(pcall(xpcall, function() error({b}, 2) end, {a})))"),
            5 => format!(
                "print(show(pcall(xpcall), pcall(xpcall, {a}), xpcall({a}, function(e) return \"h\", e end)))"
            ),
            6 => format!(
                "print(show(pcall(pcall, pcall, error, {b}), pcall(pcall, error), select(\"#\", pcall(error)), pcall(assert, {a}, {b}, 3)))"
            ),
            7 => format!(
                "print(show(pcall(assert, false), pcall(assert, nil, {a}), pcall(assert), pcall(assert, {a})))"
            ),
            8 => format!(
                "do local ok, e = pcall(function() local ok, e = pcall(error, {{code = {level}}}) e.code = e.code + 1 error(e) end) print(show(ok, e)) end"
            ),
            9 => format!(
                "print(show(pcall(string.gsub, \"abc\", \"%w\", function(c) tick() if c == \"b\" then error({a}, {level}) end end)))"
            ),
            _ => format!(
                "print(show(pcall(function() local t = setmetatable({{}}, {{__index = function(t, k) error({b}, {level}) end}}) return t.x end)))"
            ),
        }
    }

    /// An error of the machine's own, with variables of every kind in reach.
    fn wrong(&mut self) -> String {
        let wrong = self.random.word(WRONG);
        let (n, s) = (
            self.random.between(-9, 9),
            self.random.word(&["\"str\"", "\"12\"", "\"\""]),
        );
        let form = self.random.below(5);
        let inside = match form {
            0 => format!("return {wrong}"),
            1 => format!("local r = {wrong}; return r"),
            2 => format!("if {wrong} then return 1 end return 2"),
            3 => format!("return f({wrong})"),
            _ => format!("return {{{wrong}}}"),
        };
        format!(
            "do local u = {{q = {{}}}} print(show(pcall(function() local n, s, t, x, f = {n}, {s}, {{a = 1}}, nil, function(...) return ... end local z = u {inside} end))) end"
        )
    }

    fn odd_loop(&mut self) -> String {
        let bounds = &[
            "1",
            "0",
            "3",
            "-2",
            "0.1",
            "1/3",
            "\"2\"",
            "\"x\"",
            "nil",
            "{}",
            "math.huge",
            "-math.huge",
            "0/0",
            "2^53",
            "1e308",
            "-0.5",
            "5",
            "10",
            "2.5",
        ];
        let (from, to, step) = (
            self.random.word(bounds),
            self.random.word(bounds),
            self.random.word(bounds),
        );
        match self.random.below(4) {
            0 | 1 => format!(
                "print(show(pcall(function() local r = {{}} for i = {from}, {to}, {step} do tick() r[#r + 1] = i if #r > 7 then break end end return r end)))"
            ),
            2 => {
                let (start, count) = (self.number(1), self.random.between(1, 9));
                format!(
                    "do local r, x = {{}}, {start} for i = x, (tonumber(x) or 0) + {count}, {step} do tick() r[#r + 1] = function(d) i = i + d return i end i = i + 10 if #r > 4 then break end end for k, f in ipairs(r) do print(show(k, f(1), f(k))) end end"
                )
            }
            _ => format!(
                "print(show(pcall(function() for k, v in {} do tick() return k, v end end)))",
                self.random.word(&[
                    "nil",
                    "5",
                    "\"x\"",
                    "{}",
                    "{1, 2}",
                    "next, {4}",
                    "print",
                    "setmetatable({}, {__call = function() return nil end})",
                    "ipairs",
                    "pairs({5})",
                    "string.gmatch(\"ab\", \".\")",
                    "undefined"
                ])
            ),
        }
    }

    fn varargs_line(&mut self) -> String {
        let (a, b, c) = (self.any(1), self.any(1), self.any(1));
        let at = self.random.between(-5, 6);
        match self.random.below(8) {
            0 => format!("print(show(pcall(select, {at}, {a}, {b}, {c})))"),
            1 => format!(
                "print(show((function(...) return select(\"#\", ...), ... end)({a}, {b}, nil, {c}, nil)))"
            ),
            2 => format!("print(show((function(...) return arg.n, arg[1], arg[2] end)({a}, {b})))"),
            3 => format!(
                "print(show((function(...) local x, y, z = ... return z, y, x, (...) end)({a}, {b})))"
            ),
            4 => format!(
                "print(show((function(...) local t = {{..., ...}} return #t, t[1], {{n = 1, ...}} end)({a}, {b}, {c})))"
            ),
            5 => format!(
                "print(show((function(a, ...) return unpack({{a, ...}}, 1, {at}) end)({a}, {b}, {c})))"
            ),
            6 => format!(
                "print(show(pcall(function(...) local f = function(...) tick() return select(\"#\", ...) end return f(...), f(f(...), ...), f((...)), f(unpack({{...}})) end, {a}, {b}, nil)))"
            ),
            _ => format!(
                "print(show(select(\"#\", unpack({{}}, 1, {})), pcall(select, {a})))",
                self.random.between(0, 200)
            ),
        }
    }

    fn lexical(&mut self) -> String {
        let number = self.number(0);
        let text = self.random.word(&[
            "[[a]]",
            "[==[a]]=]b]==]",
            "[[\\n]]",
            "\"\\65\\066\\x\"",
            "'\\'\\\"'",
            "\"\\a\\b\\f\\v\"",
            "\"a\\z\"",
            "[[]]",
            "[=[\n\n]]]=]",
            "\"a\\\nb\"",
            "0x7fffffffffffffff",
            "0xffffffffffffffffff",
            "1e+2",
            "3.e1",
            ".5e-1",
            "0xA",
            "1..2",
            "1 ..2",
            "08",
        ]);
        match self.random.below(6) {
            0 => format!("print(show({text}))"),
            1 => format!("print(show({text})) -- to the end {number}"),
            2 => format!("print(show({number} --[[ inside ]] + --[==[ of ]] it ]==] 1))"),
            3 => format!("print(show(#{{{text}; {text},}}, ({text})))"),
            4 => format!(
                "print(show(not nil == {number}, -2 ^ 2, 2 ^ -1 ^ 2, 1 .. 2 == \"12\", -\"2\" + 3, 2 ^ 3 ^ 2, 1 < 2 == true))"
            ),
            _ => format!(
                "print(show(type{{}}, type\"\", (\"x\"):rep(3):len(), #\"abc\" + {number}, ({{f = function() return {text} end}}).f()))"
            ),
        }
    }

    /// Source that is compiled while the program runs.
    fn chunk(&mut self) -> String {
        let name = self.random.word(&[
            "\"=name\"",
            "\"@file.lua\"",
            "\"line one\\nline two\"",
            "\"short\"",
            "(\"long\"):rep(40)",
            "(\"@long\"):rep(40)",
            "nil",
            "\"\"",
            "7",
            "\"=\" .. (\"x\"):rep(100)",
        ]);
        let source = self.random.word(&[
            "return ...",
            "error('here')",
            "local x = 1 x.y = 2",
            "return 1 +",
            "x = = 1",
            "for",
            "return 'abc",
            "--[[ open",
            "goto a",
            "local function f() return f() end return 5",
            "return function() error('in') end",
            "break",
            "return return",
            "local a a a",
            "if x then",
            "while true do break end return 1",
            "x = }",
            "return ...,",
            "f(",
            "local t = {1, 2",
            "for i = 1 do end",
            "for a.b in c do end",
            "local x, = 1",
            "function f(a, a) return a end return f(1, 2)",
            "return [=[x",
            "return '\\\\300'",
            "x.y:z = 1",
            "(f)",
            "f() = 1",
            "a, b += 1",
            "return 0x",
            "return 1e",
            "return 3x",
            "::l::",
            "~",
            "return @",
            "local 1 = 2",
        ]);
        match self.random.below(4) {
            0 => {
                let (from, cut) = (self.any(1), self.random.between(1, 5));
                format!(
                    "print(show(pcall(function() local s, n = \"{source}\", 0 local f, e = load(function() n = n + {cut} local p = s:sub(n - {cut} + 1, n) if n > #s + {cut} then return nil end return p end, {name}) if not f then return f, e end return f({from}) end)))"
                )
            }
            1 => format!(
                "print(show(pcall(function() local n = 0 return load(function() n = n + 1 if n < 3 then return {} end end, {name}) end)))",
                self.random.word(&[
                    "\"return 1 \"",
                    "7",
                    "{}",
                    "true",
                    "\"x = \"",
                    "\"-- \"",
                    "\"\"",
                    "print"
                ])
            ),
            _ => {
                let value = self.expression(Kind::Any, 1);
                format!(
                    "print(show(pcall(function() local f, e = loadstring(\"{source}\", {name}) if not f then return f, e end return f({value}) end)))"
                )
            }
        }
    }
}
