//! A module's functions as bytes in which names may be exchanged: the places of functions, and which of a function's
//! variables has which index. Neither changes what the module does. Knows nothing of Hyla.

use std::error::Error;
use std::ops::Range;

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{ElementSection, Encode, ExportSection, GlobalSection, RawSection, SectionId};
use wasmparser::{FunctionBody, Operator, Parser, Payload, TypeRef, Validator};

/// An index of more than one byte has this bit in its first.
const MORE: u8 = 0x80;

/// What stands at a place in a function's body and is not an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mark {
    /// The index of a function.
    Function(u32),
    /// The index, one byte, of a variable that is no parameter.
    Variable,
    /// How a load or store says its address is aligned.
    Alignment,
}

/// A function's body.
#[derive(Clone)]
pub(crate) struct Function {
    kind: u32,
    /// From the variables' declarations to the last `end`.
    pub(crate) body: Vec<u8>,
    /// Where something else than instructions is, in ascending order.
    pub(crate) marks: Vec<(usize, Mark)>,
    /// The index of the first variable that is no parameter.
    pub(crate) first_variable: u32,
    /// How many variables there are of each type, as they follow one another.
    pub(crate) variables: Vec<u32>,
}

/// A module with its functions apart.
#[derive(Clone)]
pub(crate) struct Code<'m> {
    module: &'m [u8],
    /// The index that each function which had one before has now: first those that are imported.
    places: Vec<u32>,
    imported: usize,
    pub(crate) functions: Vec<Function>,
}

impl<'m> Code<'m> {
    /// Takes a module apart.
    ///
    /// # Errors
    /// If it is none, or has names.
    pub(crate) fn parse(module: &'m [u8]) -> Result<Self, Box<dyn Error>> {
        let mut code = Code {
            module,
            places: Vec::new(),
            imported: 0,
            functions: Vec::new(),
        };
        // How many parameters a type has, and each function's type.
        let mut parameters = Vec::new();
        let mut kinds = Vec::new();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(types) => {
                    for kind in types.into_iter_err_on_gc_types() {
                        parameters.push(u32::try_from(kind?.params().len())?);
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let is_function = matches!(import?.ty, TypeRef::Func(_));
                        code.imported += usize::from(is_function);
                    }
                }
                Payload::FunctionSection(section) => {
                    kinds = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
                }
                Payload::CodeSectionEntry(body) => {
                    let kind = kinds[code.functions.len()];
                    let parameters = parameters[kind as usize];
                    let function = Function::parse(module, &body, kind, parameters)?;
                    code.functions.push(function);
                }
                // Where to start, and names, would have to be changed too.
                Payload::StartSection { .. } => return Err("the module has a start".into()),
                Payload::CustomSection(section) if section.name() == "name" => {
                    return Err("the module has names".into());
                }
                _ => {}
            }
        }
        code.places = (0..code.imported + code.functions.len())
            .map(|it| it as u32)
            .collect();
        Ok(code)
    }

    /// Puts the functions into an order, which says of each place which of them comes there.
    pub(crate) fn reorder(&mut self, order: &[usize]) {
        let mut places: Vec<u32> = (0..self.places.len() as u32).collect();
        for (place, &index) in order.iter().enumerate() {
            places[self.imported + index] = (self.imported + place) as u32;
        }
        self.functions = order
            .iter()
            .map(|&index| self.functions[index].calling(&places))
            .collect();
        for place in &mut self.places {
            *place = places[*place as usize];
        }
    }

    /// The whole module.
    ///
    /// # Errors
    /// If what was made of it is not valid.
    pub(crate) fn write(&self) -> Result<Vec<u8>, Box<dyn Error>> {
        let mut module = wasm_encoder::Module::new();
        let mut renaming = Renaming(&self.places);
        for payload in Parser::new(0).parse_all(self.module) {
            match payload? {
                Payload::FunctionSection(_) => {
                    let mut section = wasm_encoder::FunctionSection::new();
                    for function in &self.functions {
                        section.function(function.kind);
                    }
                    module.section(&section);
                }
                Payload::GlobalSection(globals) => {
                    let mut section = GlobalSection::new();
                    renaming.parse_global_section(&mut section, globals)?;
                    module.section(&section);
                }
                Payload::ExportSection(exports) => {
                    let mut section = ExportSection::new();
                    renaming.parse_export_section(&mut section, exports)?;
                    module.section(&section);
                }
                Payload::ElementSection(elements) => {
                    let mut section = ElementSection::new();
                    renaming.parse_element_section(&mut section, elements)?;
                    module.section(&section);
                }
                Payload::CodeSectionStart { .. } => {
                    module.section(&RawSection {
                        id: SectionId::Code.into(),
                        data: &self.section(),
                    });
                }
                other => {
                    if let Some((id, Range { start, end })) = other.as_section() {
                        let data = &self.module[start..end];
                        module.section(&RawSection { id, data });
                    }
                }
            }
        }
        let module = module.finish();
        Validator::new().validate_all(&module)?;
        Ok(module)
    }

    /// The section of code: its functions' number, then each one's length and body.
    pub(crate) fn section(&self) -> Vec<u8> {
        let mut section = Vec::new();
        self.functions.len().encode(&mut section);
        for function in &self.functions {
            function.body.as_slice().encode(&mut section);
        }
        section
    }
}

/// New indices for functions.
struct Renaming<'p>(&'p [u32]);

impl Reencode for Renaming<'_> {
    type Error = <RoundtripReencoder as Reencode>::Error;

    fn function_index(
        &mut self,
        index: u32,
    ) -> Result<u32, wasm_encoder::reencode::Error<Self::Error>> {
        Ok(self.0[index as usize])
    }
}

impl Function {
    fn parse(
        module: &[u8],
        body: &FunctionBody<'_>,
        kind: u32,
        parameters: u32,
    ) -> Result<Self, Box<dyn Error>> {
        let start = body.range().start;
        let mut function = Function {
            kind,
            body: module[body.range()].to_vec(),
            marks: Vec::new(),
            first_variable: parameters,
            variables: Vec::new(),
        };
        for group in body.get_locals_reader()? {
            function.variables.push(group?.0);
        }
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            // Behind the operator's own byte.
            let at = operators.original_position() + 1 - start;
            let mark = match operators.read()? {
                Operator::Call { function_index }
                | Operator::ReturnCall { function_index }
                | Operator::RefFunc { function_index } => Mark::Function(function_index),
                Operator::LocalGet { local_index }
                | Operator::LocalSet { local_index }
                | Operator::LocalTee { local_index }
                    if (parameters..u32::from(MORE)).contains(&local_index) =>
                {
                    Mark::Variable
                }
                _ if is_load_or_store(function.body[at - 1]) => Mark::Alignment,
                _ => continue,
            };
            function.marks.push((at, mark));
        }
        Ok(function)
    }

    /// The function with the functions that it names renamed.
    fn calling(&self, places: &[u32]) -> Function {
        let mut body = Vec::with_capacity(self.body.len());
        let mut marks = Vec::with_capacity(self.marks.len());
        let mut copied = 0;
        for &(at, mark) in &self.marks {
            body.extend_from_slice(&self.body[copied..at]);
            copied = at;
            let mut mark = mark;
            let to = body.len();
            if let Mark::Function(index) = mark {
                let place = places[index as usize];
                place.encode(&mut body);
                copied += index_length(&self.body[at..]);
                mark = Mark::Function(place);
            }
            marks.push((to, mark));
        }
        body.extend_from_slice(&self.body[copied..]);
        Function {
            body,
            marks,
            variables: self.variables.clone(),
            ..*self
        }
    }
}

/// From `i32.load` to `i64.store32`.
fn is_load_or_store(operator: u8) -> bool {
    (0x28..=0x3e).contains(&operator)
}

/// How many bytes the index at the front takes.
fn index_length(bytes: &[u8]) -> usize {
    1 + bytes.iter().take_while(|&&byte| byte & MORE != 0).count()
}

#[cfg(test)]
pub(crate) mod tests {
    use wasm_encoder::{
        CodeSection, ConstExpr, Elements, EntityType, ExportKind, FunctionSection, ImportSection,
        MemArg, MemorySection, MemoryType, RefType, TableSection, TableType, TypeSection, ValType,
    };

    use super::*;

    /// A module of so many functions beside an imported one. Each says its number first and calls the one before it last.
    /// Every hundredth is exported and in the table. They have 200 variables, of two types, that they use in turn, and
    /// every second says that its addresses are aligned.
    pub(crate) fn module(functions: u32) -> Vec<u8> {
        let mut module = wasm_encoder::Module::new();
        let mut types = TypeSection::new();
        types.ty().function([ValType::I32], []);
        module.section(&types);
        let mut imports = ImportSection::new();
        imports.import("host", "end", EntityType::Function(0));
        module.section(&imports);
        let mut kinds = FunctionSection::new();
        let mut code = CodeSection::new();
        let mut exports = ExportSection::new();
        for number in 0..functions {
            kinds.function(0);
            let mut body = wasm_encoder::Function::new([(100, ValType::I32), (100, ValType::I64)]);
            let mut out = body.instructions();
            out.i32_const(number as i32).drop();
            for turn in 0..15 {
                let address = MemArg {
                    offset: 8,
                    align: 2 * (number & 1),
                    memory_index: 0,
                };
                let short = 1 + (number / 7 + turn * (number % 5 + 1)) % 100;
                let long = 101 + (number / 3 + turn) % 100;
                out.local_get(0).i32_load(address).local_set(short);
                out.local_get(short).i64_extend_i32_u().local_set(long);
            }
            out.local_get(0).call(number).end();
            code.function(&body);
            if number % 100 == 0 {
                exports.export(&number.to_string(), ExportKind::Func, number + 1);
            }
        }
        module.section(&kinds);
        let mut tables = TableSection::new();
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            table64: false,
            minimum: 100,
            maximum: None,
            shared: false,
        });
        module.section(&tables);
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: 1,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        module.section(&memories);
        module.section(&exports);
        let mut elements = ElementSection::new();
        let listed: Vec<u32> = (0..functions).step_by(100).map(|it| it + 1).collect();
        let listed = Elements::Functions(listed.into());
        elements.active(None, &ConstExpr::i32_const(0), listed);
        module.section(&elements);
        module.section(&code);
        module.finish()
    }

    /// For each function of such a module, by its number: what it does, with variables called by their first use and
    /// functions by their numbers, and without what it says of alignment. Last, the numbers of what is exported and
    /// listed.
    pub(crate) fn meaning(module: &[u8]) -> Vec<Vec<String>> {
        let code = Code::parse(module).unwrap();
        let number_of = |index: u32| match index {
            0 => -1,
            index => number(&code.functions[index as usize - 1]),
        };
        let mut meanings = vec![Vec::new(); code.functions.len() + 1];
        for payload in Parser::new(0).parse_all(module) {
            match payload.unwrap() {
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export.unwrap();
                        let what = format!("{} is {}", export.name, number_of(export.index));
                        meanings.last_mut().unwrap().push(what);
                    }
                }
                Payload::ElementSection(elements) => {
                    for element in elements {
                        let wasmparser::ElementItems::Functions(listed) = element.unwrap().items
                        else {
                            panic!("another kind of elements");
                        };
                        for index in listed {
                            let what = number_of(index.unwrap()).to_string();
                            meanings.last_mut().unwrap().push(what);
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    let mut names = std::collections::HashMap::new();
                    let mut name = |index: u32| {
                        let next = names.len();
                        let kind = index > 100;
                        (kind, *names.entry(index).or_insert(next))
                    };
                    let meaning =
                        body.get_operators_reader().unwrap().into_iter().map(|it| {
                            match it.unwrap() {
                                Operator::Call { function_index } => {
                                    format!("call {}", number_of(function_index))
                                }
                                Operator::LocalGet { local_index } if local_index > 0 => {
                                    format!("get {:?}", name(local_index))
                                }
                                Operator::LocalSet { local_index } => {
                                    format!("set {:?}", name(local_index))
                                }
                                Operator::I32Load { memarg } => format!("load {}", memarg.offset),
                                other => format!("{other:?}"),
                            }
                        });
                    let meaning: Vec<String> = meaning.collect();
                    let index = meanings.iter().position(|it| *it == meaning);
                    assert_eq!(index, None, "there twice");
                    let at = meaning[0].replace(|it: char| !it.is_ascii_digit(), "");
                    // The digits of `I32Const` come first.
                    let at: usize = at[2..].parse().unwrap();
                    meanings[at] = meaning;
                }
                _ => {}
            }
        }
        meanings
    }

    /// What a function of such a module says first.
    fn number(function: &Function) -> i32 {
        let mut reader = wasmparser::BinaryReader::new(&function.body[5..], 0);
        match reader.read_u8() {
            Ok(0x41) => reader.read_var_i32().unwrap(),
            other => panic!("no number but {other:?}"),
        }
    }

    #[test]
    fn another_order_means_the_same() {
        let before = module(500);
        let mut code = Code::parse(&before).unwrap();
        assert_eq!(code.write().unwrap(), before);
        code.reorder(&(0..500).rev().collect::<Vec<_>>());
        // Every third first.
        let mut order: Vec<usize> = (0..500).collect();
        order.sort_by_key(|index| index % 3);
        code.reorder(&order);
        let after = code.write().unwrap();
        assert_ne!(before, after);
        assert_eq!(meaning(&before), meaning(&after));
    }
}
