//! Small programs that lead through everything that is `unsafe`: objects made, caught, moved and freed, in many slices and
//! with collections in between. They run natively and under Miri, which is slow: a program is a few lines.

use hyla_lua::heap::Gc;
use hyla_lua::native::{Call, Next};
use hyla_lua::{Fault, Outcome, Value, Vm, stdlib};

/// Each returns true if all is well.
const PROGRAMS: &[(&str, &str)] = &[
    (
        "variables that closures catch",
        "local fs = {}
         for i = 1, 3 do local x = i fs[i] = function(d) x = x + d return x end end
         local function deep(n) local y = n if n == 0 then return function() y = y + 1 return y end end return deep(n - 1) end
         local g = deep(30)
         collectgarbage()
         return fs[1](1) == 2 and fs[3](1) == 4 and fs[1](1) == 3 and g() == 1 and g() == 2",
    ),
    (
        "a stack that grows while variables are on it",
        "local x = 1
         local function set(n) if n == 0 then x = x + 1 return x end local a, b, c = n, n, n return (set(n - 1)) end
         local got = set(60)
         return got == 2 and x == 2 and select('#', unpack({}, 1, 200)) == 200",
    ),
    (
        "tables that grow and shrink",
        "local t = {}
         for i = 1, 40 do t[i] = i t['k' .. i] = {i} end
         for i = 40, 5, -1 do t[i] = nil t['k' .. i] = nil end
         for i = 1, 20 do t[i + 0.5] = i end
         local n = 0 for k, v in pairs(t) do n = n + 1 end
         return n == 28 and #t == 4",
    ),
    (
        "weak tables",
        "local w = setmetatable({}, {__mode = 'k'})
         local v = setmetatable({}, {__mode = 'v'})
         local kept = {}
         w[kept] = 1 w[{}] = 2 v[1] = kept v[2] = {} v.s = 'text' .. 1
         v.gone = 'short lived' .. 2 v.gone = nil
         collectgarbage() collectgarbage()
         v.again = 1 collectgarbage()
         local n = 0 for _ in pairs(w) do n = n + 1 end
         return n == 1 and v[1] == kept and v[2] == nil and v.s == 'text1'",
    ),
    (
        "coroutines",
        "local function run(n) local co = coroutine.wrap(function(a) for i = 1, n do a = coroutine.yield(a + i) end error({n}) end)
           local sum = 0 for i = 1, n do sum = sum + co(i) end
           local ok, e = pcall(co, 0) return sum, e[1] end
         local a, b = run(3)
         local left = coroutine.create(function() local t = {} local f = function() return t end coroutine.yield(f) end)
         local _, f = coroutine.resume(left) left = nil collectgarbage()
         return a == 12 and b == 3 and type(f()) == 'table'",
    ),
    (
        "errors through many frames",
        "local function f(n) if n == 0 then error('x' .. n, 0) end local a = {} return 1 + f(n - 1) end
         local ok, e = pcall(f, 20)
         local ok2, e2 = xpcall(function() return f(5) end, function(m) return m .. '!' end)
         return e == 'x0' and e2 == 'x0!'",
    ),
    (
        "metamethods",
        "local m = {__add = function(a, b) return 1 end, __concat = function() return 'c' end, __lt = function() return true end,
           __call = function(self, ...) return ... end, __index = function(t, k) return k end, __newindex = rawset}
         local o = setmetatable({}, m)
         o.x = 5
         return o + 1 == 1 and o .. 'a' .. 1 == 'c' and (o < o) and o(7) == 7 and o.y == 'y' and rawget(o, 'x') == 5",
    ),
    (
        "strings",
        "local s = ''
         for i = 1, 12 do s = s .. i end
         local t = {} for w in s:gmatch('%d%d') do t[#t + 1] = w end
         return s:gsub('1', '%0%0'):len() == 20 and table.concat(t, ','):sub(1, 5) == '12,34' and #s:rep(20) == 300
           and (('x'):format() == 'x')",
    ),
    (
        "JSON and MessagePack that stop inside",
        "local t = {} for i = 1, 12 do t[i] = {i, k = 'v' .. i, deep = {{i}}} end
         local text = cjson.encode(t)
         local back = cjson.decode(text)
         local a, b, c = cmsgpack.unpack(cmsgpack.pack(t, 'x', {1, 2}))
         local next, one = cmsgpack.unpack_one(cmsgpack.pack(back, 7))
         return back[12].k == 'v12' and back[3].deep[1][1] == 3 and a[7].deep[1][1] == 7 and b == 'x' and #c == 2
           and one[1].k == 'v1' and cjson.encode(one[2].deep) == '[[2]]' and #text == #cjson.encode(back)
           and not pcall(cjson.decode, text .. ']') and not pcall(cmsgpack.unpack, cmsgpack.pack(t):sub(1, -2))",
    ),
    (
        "packed structures beside the other formats",
        "local packed = struct.pack('>I2i4dsc0!4hb', 513, -7, 1.5, 'text', 'raw', 3, -1)
         local a, b, c, d, e = struct.unpack('>I2i4ds', packed)
         local kept = {}
         for i = 1, 6 do
           kept[i] = struct.pack('<I4c' .. i, i, ('x'):rep(i))
           kept[i] = cmsgpack.unpack(cmsgpack.pack({cjson.decode(cjson.encode({s = i, k = {i}})), struct.unpack('<I4c' .. i, kept[i])}))
           collectgarbage('step')
         end
         return a == 513 and b == -7 and c == 1.5 and d == 'text' and type(e) == 'number' and kept[6][1].k[1] == 6
           and kept[6][3] == 'xxxxxx' and not pcall(struct.unpack, 'I4', 'abc') and not pcall(struct.pack, 'c9', 'x')
           and struct.size('I2i4d') > 0",
    ),
    (
        "sorting and arguments",
        "local t = {5, 2, 8, 1, 9, 3}
         table.sort(t, function(a, b) return a > b end)
         local function va(...) local a = {...} return select('#', ...), a[#a], arg end
         local n, last = va(1, nil, 3)
         return t[1] == 9 and t[6] == 1 and n == 3 and last == 3",
    ),
];

fn machine(limit: usize) -> Vm {
    let mut vm = Vm::new(limit).expect("a machine");
    stdlib::open(&mut vm).expect("libraries");
    stdlib::scripts::open(&mut vm).expect("more of them");
    vm
}

/// Runs a program in slices, with a collection after every sixteenth; whether it gave true.
fn run(vm: &mut Vm, program: &str, slice: i64) -> bool {
    run_collecting(vm, program, slice, 16)
}

/// Runs a program in slices, with a collection after some; whether it gave true.
fn run_collecting(vm: &mut Vm, program: &str, slice: i64, every: u32) -> bool {
    let Ok(function) = vm.load(program.as_bytes(), b"=p") else {
        panic!("it does not compile: {program}");
    };
    vm.begin(function, &[]).expect("it begins");
    for turn in 0_u32.. {
        match vm.run(slice) {
            Outcome::Suspended if turn % every == 0 => vm.collect(),
            Outcome::Suspended => {}
            Outcome::Done => return matches!(vm.results(), [Value::Bool(true)]),
            Outcome::Failed => {
                let Value::Str(text) = vm.error_value() else {
                    return false;
                };
                panic!("{}", text.bytes().escape_ascii());
            }
            Outcome::Host(_) => vm.host_return(&[]),
        }
    }
    false
}

#[test]
fn programs_run_in_any_slices() {
    let mut vm = machine(1 << 24);
    for (name, program) in PROGRAMS {
        for slice in [i64::MAX, 7] {
            assert!(run(&mut vm, program, slice), "{name}, slices of {slice}");
        }
    }
}

/// What registers show behind a call that goes on later may be freed while it waits. It is not looked at after that: in
/// strings, because they are too large for the heap to keep their blocks.
#[test]
fn registers_behind_a_waiting_call_may_be_freed() {
    let mut vm = machine(1 << 24);
    let program = "local n, s = 0, ('s'):rep(900)
         do local a, b, c, d, e, f, g, h, k = s .. 1, s .. 2, s .. 3, s .. 4, s .. 5, s .. 6, s .. 7, s .. 8, s .. 9 n = n + #k end
         local r = ('x'):rep(600):gsub('(x)(x)', '%2%1')
         for i = 1, 60 do n = n + 1 end
         return n == 961 and #r == 600";
    // Under Miri a collection takes half a second.
    let every = if cfg!(miri) { 8 } else { 1 };
    assert!(run_collecting(&mut vm, program, 3, every));
}

/// With hardly any memory everything ends with an error or well, and nothing is left behind.
#[test]
fn programs_run_out_of_memory() {
    let step = if cfg!(miri) { 60_000 } else { 1000 };
    let needed = machine(1 << 24).heap.used_bytes();
    for limit in (needed..needed + 120_000).step_by(step) {
        let Ok(mut vm) = Vm::new(limit) else { continue };
        if stdlib::open(&mut vm).is_err() || stdlib::scripts::open(&mut vm).is_err() {
            continue;
        }
        for (_, program) in PROGRAMS {
            let Ok(function) = vm.load(program.as_bytes(), b"=p") else {
                continue;
            };
            if vm.begin(function, &[]).is_ok() {
                while vm.run(500) == Outcome::Suspended {}
            }
            vm.abandon();
            vm.collect();
        }
    }
}

/// Registers of a frame that a call has left values in, and a collection inside of a shallower call that frees those: the
/// frame must not meet them again.
#[test]
fn registers_do_not_keep_what_is_gone() {
    let list = |of: &str| {
        (1..=40)
            .map(|n| of.replace('#', &n.to_string()))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let (names, tables, registers) = (list("d#"), list("{#}"), list("l#"));
    let program = format!(
        "local function deep() local {names} = {tables} return 1 end
         local function shallow() collectgarbage() local t = {{}} for i = 1, 9 do t[i] = {{i}} end return #t end
         local function frame()
           deep()
           local n = shallow()
           collectgarbage()
           local {registers}
           l1, l40 = n, deep()
           return l1 + l40
         end
         return frame() + frame() == 20"
    );
    let mut vm = machine(1 << 24);
    for slice in [i64::MAX, 7] {
        assert!(run(&mut vm, &program, slice));
    }
}

/// What is given up in the middle is freed, coroutines and all.
#[test]
fn runs_are_given_up() {
    let mut vm = machine(1 << 24);
    vm.collect();
    let before = vm.heap.used_bytes();
    for (_, program) in PROGRAMS {
        let function = vm.load(program.as_bytes(), b"=p").expect("it compiles");
        vm.begin(function, &[]).expect("it begins");
        vm.run(40);
        vm.abandon();
    }
    vm.collect();
    vm.collect();
    // The stack that has grown stays.
    assert!(vm.heap.used_bytes() < before + 40_000);
}

fn tables(vm: &mut Vm, _: Call) -> Result<Next, Fault> {
    let table = vm.heap.table()?;
    vm.set_field(table, "x", Value::Number(1.0))?;
    vm.give(Value::Table(table))
}

/// Lists that are used again, functions of the host, read-only tables, kept strings.
#[test]
fn the_embedder_makes_values() {
    let mut vm = machine(1 << 24);
    let globals = vm.globals;
    vm.register(globals, &[("tables", tables)]).expect("room");
    let name = vm.intern("LIST").expect("room");
    let mut old: Option<Gc<hyla_lua::table::Table>> = None;
    for round in 0..6 {
        let words: Vec<String> = (0..round % 4).map(|n| format!("word {n}")).collect();
        let list = vm
            .list(old, words.iter().map(String::as_bytes))
            .expect("room");
        globals
            .set(&mut vm.heap, Value::Str(name), Value::Table(list))
            .expect("room");
        old = Some(list);
        let program = "local t = tables() collectgarbage() if #LIST == 2 then LIST.more = t end
                       return t.x == 1 and (LIST[1] == nil or LIST[1] == 'word 0')";
        assert!(run(&mut vm, program, 9));
    }
}
