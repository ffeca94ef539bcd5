//! Tables: an array part and a node part, laid out as Lua 5.1 lays them out, so that `#` and the order of `pairs`
//! are the same. Knows nothing of metamethods.

use alloc::vec::Vec;

use crate::fault::Fault;
use crate::heap::{Fuel, GUARDED, Gc, Header, Heap, READ_ONLY, Str, buried, copy_value};
use crate::value::{Value, array_index};

const NONE: u32 = u32::MAX;
/// Nodes of a chain that cost nothing. Only who makes keys with equal hashes has longer ones.
const FREE_STEPS: usize = 16;
const ARRAY_BITS_MAX: usize = 26;

/// What a table does not keep alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weak {
    No,
    Keys,
    Values,
    Both,
}

impl Weak {
    /// What a metatable's `__mode` says.
    pub(crate) fn from_mode(mode: Value) -> Weak {
        let Value::Str(mode) = mode else {
            return Weak::No;
        };
        match (mode.bytes().contains(&b'k'), mode.bytes().contains(&b'v')) {
            (false, false) => Weak::No,
            (true, false) => Weak::Keys,
            (false, true) => Weak::Values,
            (true, true) => Weak::Both,
        }
    }
}

/// A key with its value, and the node behind it in its chain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) key: Value,
    next: u32,
}

const FREE: Node = Node {
    value: Value::Nil,
    key: Value::Nil,
    next: NONE,
};

/// A table.
#[repr(C)]
#[derive(Debug)]
pub struct Table {
    pub(crate) header: Header,
    /// Metamethods known to be absent, a bit each, when this table is a metatable.
    pub(crate) absent: u8,
    pub(crate) weak: Weak,
    pub(crate) meta: Option<Gc<Table>>,
    pub(crate) array: Vec<Value>,
    pub(crate) nodes: Vec<Node>,
    last_free: u32,
    /// Pays for long chains.
    fuel: Fuel,
}

fn ceil_log2(value: usize) -> u32 {
    if value <= 1 {
        0
    } else {
        usize::BITS - (value - 1).leading_zeros()
    }
}

impl Table {
    pub(crate) fn new(header: Header, fuel: Fuel) -> Table {
        Table {
            header,
            absent: 0,
            weak: Weak::No,
            meta: None,
            array: Vec::new(),
            nodes: Vec::new(),
            last_free: 0,
            fuel,
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.array.len() * size_of::<Value>() + self.nodes.len() * size_of::<Node>()
    }

    fn main_position(&self, key: Value) -> usize {
        let mask = self.nodes.len() - 1;
        match key {
            Value::Str(string) => string.hash as usize & mask,
            Value::Number(number) => self.number_position(number),
            Value::Bool(flag) => usize::from(flag) & mask,
            other => other.id() as usize % (mask | 1),
        }
    }

    fn number_position(&self, number: f64) -> usize {
        if number == 0.0 {
            return 0;
        }
        let bits = number.to_bits();
        let sum = (bits as u32).wrapping_add((bits >> 32) as u32);
        sum as usize % ((self.nodes.len() - 1) | 1)
    }

    /// The value of a string key.
    #[inline]
    pub fn get_str(&self, key: Gc<Str>) -> Value {
        *self.find_str(key)
    }

    /// The same in its place.
    #[inline(always)]
    pub(crate) fn find_str(&self, key: Gc<Str>) -> &Value {
        const NIL: &Value = &Value::Nil;
        if self.nodes.is_empty() {
            return NIL;
        }
        let mut at = key.hash as usize & (self.nodes.len() - 1);
        let mut steps = 0;
        let value = loop {
            let node = &self.nodes[at];
            if let Value::Str(found) = node.key
                && found == key
            {
                break &node.value;
            }
            if node.next == NONE {
                break NIL;
            }
            at = node.next as usize;
            steps += 1;
        };
        self.pay(steps);
        value
    }

    /// Pays for the steps along a chain.
    #[inline(always)]
    fn pay(&self, steps: usize) {
        if steps > FREE_STEPS {
            self.fuel.spend(steps / 4);
        }
    }

    /// The value of an index.
    #[inline]
    pub fn get_index(&self, index: usize) -> Value {
        match self.array.get(index.wrapping_sub(1)) {
            Some(value) => *value,
            None => self.get_node(Value::Number(index as f64)),
        }
    }

    fn find(&self, key: Value) -> Option<usize> {
        if self.nodes.is_empty() {
            return None;
        }
        let mut at = self.main_position(key);
        let mut steps = 0;
        let found = loop {
            let node = &self.nodes[at];
            if node.key.raw_equal(key) {
                break Some(at);
            }
            if node.next == NONE {
                break None;
            }
            at = node.next as usize;
            steps += 1;
        };
        self.pay(steps);
        found
    }

    fn get_node(&self, key: Value) -> Value {
        self.find(key).map_or(Value::Nil, |at| self.nodes[at].value)
    }

    /// `rawget`.
    #[inline]
    pub fn get(&self, key: Value) -> Value {
        match key {
            Value::Str(key) => self.get_str(key),
            Value::Number(number) => {
                let index = array_index(number);
                if index != 0 && index <= self.array.len() {
                    self.array[index - 1]
                } else {
                    self.get_node(key)
                }
            }
            Value::Nil => Value::Nil,
            _ => self.get_node(key),
        }
    }

    /// The place of a key that is there, for writing.
    #[inline]
    pub(crate) fn slot(&mut self, key: Value) -> Option<&mut Value> {
        match key {
            Value::Number(number) => {
                let index = array_index(number);
                if index != 0 && index <= self.array.len() {
                    return Some(&mut self.array[index - 1]);
                }
            }
            // Free nodes have it.
            Value::Nil => return None,
            _ => {}
        }
        let at = self.find(key)?;
        Some(&mut self.nodes[at].value)
    }

    /// Nothing is there but an array part of `len` elements.
    pub(crate) fn is_list(&self, len: usize) -> bool {
        self.array.len() == len
            && self.nodes.is_empty()
            && self.meta.is_none()
            && !self.is_read_only()
    }

    /// Scripts may not write to it.
    pub fn is_read_only(&self) -> bool {
        self.header.mark & READ_ONLY != 0
    }

    /// From now on scripts may not write to it, or may again.
    pub fn set_read_only(&mut self, read_only: bool) {
        self.header.mark = self.header.mark & !READ_ONLY | if read_only { READ_ONLY } else { 0 };
    }

    /// How many nodes there are, free ones too.
    pub(crate) fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// Puts a value under an index of the array part, if nothing else is to be done for it.
    #[inline(always)]
    pub(crate) fn replace_index(&mut self, index: usize, value: &Value) -> bool {
        if self.header.mark & GUARDED != 0 {
            return false;
        }
        let has_meta = self.meta.is_some();
        let Some(slot) = self.array.get_mut(index.wrapping_sub(1)) else {
            return false;
        };
        if has_meta && slot.is_nil() {
            return false;
        }
        copy_value(slot, value);
        true
    }

    /// Puts a value under a string that is there already, if nothing else is to be done for it.
    #[inline(always)]
    pub(crate) fn replace_str(&mut self, key: Gc<Str>, value: &Value) -> bool {
        if self.header.mark & GUARDED != 0 || self.nodes.is_empty() {
            return false;
        }
        let mut at = key.hash as usize & (self.nodes.len() - 1);
        let mut steps = 0;
        loop {
            let node = &mut self.nodes[at];
            if let Value::Str(found) = node.key
                && found == key
            {
                if node.value.is_nil() && self.meta.is_some() {
                    return false;
                }
                copy_value(&mut node.value, value);
                self.absent = 0;
                self.pay(steps);
                return true;
            }
            if node.next == NONE {
                // It is looked for again where it is put in, and paid for there.
                return false;
            }
            at = node.next as usize;
            steps += 1;
        }
    }

    /// How many slots there are, free ones too.
    pub(crate) fn slots(&self) -> usize {
        self.array.len() + self.nodes.len()
    }

    fn set(&mut self, heap: &mut Heap, key: Value, value: Value) -> Result<(), Fault> {
        if let Some(slot) = self.slot(key) {
            *slot = value;
            return Ok(());
        }
        self.insert(heap, key, value)
    }

    fn insert(&mut self, heap: &mut Heap, key: Value, value: Value) -> Result<(), Fault> {
        if self.nodes.is_empty() {
            return self.rehash(heap, key, value);
        }
        let main = self.main_position(key);
        if self.nodes[main].value.is_nil() {
            let node = &mut self.nodes[main];
            node.key = key;
            node.value = value;
            return Ok(());
        }
        let Some(free) = self.free_node() else {
            return self.rehash(heap, key, value);
        };
        let other = self.main_position(self.nodes[main].key);
        if other == main {
            self.nodes[free] = Node {
                key,
                value,
                next: self.nodes[main].next,
            };
            self.nodes[main].next = free as u32;
        } else {
            let mut before = other;
            let mut steps = 0;
            while self.nodes[before].next as usize != main {
                before = self.nodes[before].next as usize;
                steps += 1;
            }
            self.pay(steps);
            self.nodes[before].next = free as u32;
            let moved = self.nodes[main];
            heap.barrier_pair(self.header.mark, moved.key, moved.value);
            self.nodes[free] = moved;
            self.nodes[main] = Node {
                key,
                value,
                next: NONE,
            };
        }
        Ok(())
    }

    fn free_node(&mut self) -> Option<usize> {
        while self.last_free > 0 {
            self.last_free -= 1;
            if self.nodes[self.last_free as usize].key.is_nil() {
                return Some(self.last_free as usize);
            }
        }
        None
    }

    fn rehash(&mut self, heap: &mut Heap, key: Value, value: Value) -> Result<(), Fault> {
        let mut counts = [0_usize; ARRAY_BITS_MAX + 1];
        let mut count_key = |key: Value| -> usize {
            let Value::Number(number) = key else { return 0 };
            let index = array_index(number);
            if index == 0 || index > 1 << ARRAY_BITS_MAX {
                return 0;
            }
            counts[ceil_log2(index) as usize] += 1;
            1
        };
        let mut total = 0;
        let mut integers = 0;
        for (at, value) in self.array.iter().enumerate() {
            if !value.is_nil() {
                integers += count_key(Value::Number((at + 1) as f64));
                total += 1;
            }
        }
        for node in &self.nodes {
            if !node.value.is_nil() {
                integers += count_key(node.key);
                total += 1;
            }
        }
        integers += count_key(key);
        total += 1;
        let (mut sum, mut in_array, mut size) = (0, 0, 0);
        let mut power = 1_usize;
        for count in counts {
            if power / 2 >= integers {
                break;
            }
            sum += count;
            if sum > power / 2 {
                size = power;
                in_array = sum;
            }
            if sum == integers {
                break;
            }
            power *= 2;
        }
        self.resize(heap, size, total - in_array)?;
        self.set(heap, key, value)
    }

    /// Makes room for `array` elements and `nodes` other keys.
    pub(crate) fn resize(
        &mut self,
        heap: &mut Heap,
        array: usize,
        nodes: usize,
    ) -> Result<(), Fault> {
        let nodes = if nodes == 0 {
            0
        } else {
            1_usize << ceil_log2(nodes)
        };
        let node_bytes = nodes * size_of::<Node>();
        let more = array.saturating_sub(self.array.len());
        let array_bytes = more.saturating_mul(size_of::<Value>());
        heap.charge(node_bytes.saturating_add(array_bytes))?;
        let mut new_nodes = Vec::new();
        let enough = new_nodes.try_reserve_exact(nodes).is_ok()
            && (more == 0 || self.array.try_reserve_exact(more).is_ok());
        if !enough {
            heap.release(node_bytes + array_bytes);
            return Err(Fault::Memory);
        }
        new_nodes.resize(nodes, FREE);
        let old_nodes = core::mem::replace(&mut self.nodes, new_nodes);
        self.last_free = nodes as u32;
        if more > 0 {
            self.array.resize(array, Value::Nil);
        } else if array < self.array.len() {
            self.shrink_array(heap, array)?;
        }
        for node in old_nodes.iter().rev() {
            if !node.value.is_nil() {
                self.set(heap, node.key, node.value)?;
            }
        }
        heap.release(old_nodes.len() * size_of::<Node>());
        heap.moved(self);
        Ok(())
    }

    /// Elements beyond the first `len` become nodes.
    fn shrink_array(&mut self, heap: &mut Heap, len: usize) -> Result<(), Fault> {
        let before = self.array.len();
        let beyond = self.array.split_off(len);
        for (at, value) in beyond.iter().enumerate() {
            if !value.is_nil() {
                self.set(heap, Value::Number((len + at + 1) as f64), *value)?;
            }
        }
        self.array.shrink_to_fit();
        heap.release((before - len) * size_of::<Value>());
        Ok(())
    }

    /// `#`.
    pub fn border(&self) -> usize {
        let len = self.array.len();
        if len > 0 && self.array[len - 1].is_nil() {
            let (mut low, mut high) = (0, len);
            while high - low > 1 {
                let middle = usize::midpoint(low, high);
                if self.array[middle - 1].is_nil() {
                    high = middle;
                } else {
                    low = middle;
                }
            }
            return low;
        }
        if self.nodes.is_empty() {
            return len;
        }
        let (mut low, mut high) = (len, len + 1);
        while !self.get_index(high).is_nil() {
            low = high;
            high *= 2;
            if high > i32::MAX as usize {
                let mut at = 1;
                while !self.get_index(at).is_nil() {
                    at += 1;
                }
                return at - 1;
            }
        }
        while high - low > 1 {
            let middle = usize::midpoint(low, high);
            if self.get_index(middle).is_nil() {
                high = middle;
            } else {
                low = middle;
            }
        }
        low
    }

    /// A key that lost its value while the table was gone through, and was buried.
    #[cold]
    fn find_buried(&self, key: Value) -> Option<usize> {
        let mut at = match self.nodes.len() {
            0 => NONE,
            _ => self.main_position(key) as u32,
        };
        let key = buried(key);
        while at != NONE && !self.nodes[at as usize].key.raw_equal(key) {
            at = self.nodes[at as usize].next;
        }
        (at != NONE).then_some(at as usize)
    }

    /// The pair behind `key`; the outer `None` if there is no such key.
    pub fn next(&self, key: Value) -> Option<Option<(Value, Value)>> {
        let mut at = match key {
            Value::Nil => 0,
            Value::Number(number) if (1..=self.array.len()).contains(&array_index(number)) => {
                array_index(number)
            }
            _ => {
                let at = self.find(key).or_else(|| self.find_buried(key))?;
                at + 1 + self.array.len()
            }
        };
        while at < self.array.len() {
            if !self.array[at].is_nil() {
                return Some(Some((Value::Number((at + 1) as f64), self.array[at])));
            }
            at += 1;
        }
        for node in &self.nodes[at - self.array.len()..] {
            if !node.value.is_nil() {
                return Some(Some((node.key, node.value)));
            }
        }
        Some(None)
    }

    /// Drops the entries of a weak table that hold what is dead.
    pub(crate) fn clear_dead(&mut self, buries: bool, dead: impl Fn(Value) -> bool) {
        for value in &mut self.array {
            if dead(*value) {
                *value = Value::Nil;
            }
        }
        for node in &mut self.nodes {
            // The key of what is nil may have been freed before.
            if !node.value.is_nil() && (dead(node.value) || dead(node.key)) {
                node.value = Value::Nil;
                if buries {
                    node.key = buried(node.key);
                }
            }
        }
    }
}

impl Gc<Table> {
    /// `rawset`. The key is neither nil nor NaN.
    ///
    /// # Errors
    /// No memory.
    #[inline]
    pub fn set(mut self, heap: &mut Heap, key: Value, value: Value) -> Result<(), Fault> {
        heap.barrier_pair(self.header.mark, key, value);
        self.absent = 0;
        Table::set(&mut self, heap, key, value)
    }

    /// The same for an index.
    ///
    /// # Errors
    /// No memory.
    #[inline]
    pub fn set_index(mut self, heap: &mut Heap, index: usize, value: Value) -> Result<(), Fault> {
        if let Some(slot) = self.array.get_mut(index.wrapping_sub(1)) {
            *slot = value;
            heap.barrier(&self.header, value);
            return Ok(());
        }
        self.set(heap, Value::Number(index as f64), value)
    }
}
