public import HoneTensors

/// A part of a model: parameters of its own, replaceable layers, and sub-modules, each under its checkpoint name.
///
/// Not Sendable; lives on the torch thread.
public protocol Module: AnyObject {
    /// The parameters that belong to this part itself, none unless given.
    var parameters: [Parameter] { get }
    /// The replaceable layers of this part, none unless given.
    var slots: [Slot] { get }
    /// The parts of this part, none unless given.
    var children: [Child] { get }
}

extension Module {
    /// No parameters.
    public var parameters: [Parameter] { [] }
    /// No replaceable layers.
    public var slots: [Slot] { [] }
    /// No sub-modules.
    public var children: [Child] { [] }
}

/// A module with one tensor in and one out: what a slot can hold and a method can wrap.
public protocol Layer: Module {
    /// Computes the output; the last axis may change its width.
    func callAsFunction(_ x: Tensor) throws -> Tensor
}

/// A named, replaceable layer.
///
/// The name is the checkpoint's; methods such as LoRA put a wrapper here and never import models.
public final class Slot {
    /// The path below the module, as checkpoint keys have it, such as `attention.self.query`.
    public let name: String
    /// What computes now: the model's own layer, or a wrapper around it.
    public var layer: any Layer

    /// Puts a layer under a name.
    public init(_ name: String, _ layer: any Layer) { (self.name, self.layer) = (name, layer) }

    /// Computes with the layer that is in the slot now.
    public func callAsFunction(_ x: Tensor) throws -> Tensor { try layer(x) }
}

extension [Slot] {
    /// Computes what each of these layers makes of one input, in their order; plain linear layers go together.
    public func callAsFunction(_ x: Tensor) throws -> [Tensor] {
        let plain = compactMap { $0.layer as? Linear }
        guard plain.count == count, count > 1 else { return try map { try $0(x) } }
        return try x.linears(plain.map { (try $0.matrix(for: x), try $0.bias?.value(like: x)) })
    }
}

/// A named sub-module that is not replaceable.
public struct Child {
    /// The path below the parent, as checkpoint keys have it.
    public let name: String
    /// The sub-module.
    public let module: any Module

    /// Puts a module under a name.
    public init(_ name: String, _ module: any Module) { (self.name, self.module) = (name, module) }
}

/// A layer around another one.
///
/// Its base keeps the slot's checkpoint names; its own parameters get their own.
public protocol WrapperLayer: Layer {
    /// The layer inside, which may be a wrapper itself.
    var base: any Layer { get }
}

/// A layer whose output depends on random numbers of its own while training.
///
/// Put back to an earlier state, it gives the output of then again.
public protocol RandomLayer: Layer {
    /// Decides the numbers of the next call.
    var randomState: UInt64 { get set }
}

/// A parameter with its full checkpoint key.
public struct NamedParameter {
    /// The key under which checkpoints store it.
    public let key: String
    /// The parameter itself, shared with the module that computes with it.
    public let parameter: Parameter
}

extension Module {
    /// Every slot below this module with its path, in definition order.
    public func slotsByPath(_ prefix: String = "") -> [(path: String, slot: Slot)] {
        slots.map { (join(prefix, $0.name), $0) } + children.flatMap { $0.module.slotsByPath(join(prefix, $0.name)) }
    }

    /// Every parameter below this module with its checkpoint key, in definition order; wrappers are looked through to their base.
    public func namedParameters(_ prefix: String = "") -> [NamedParameter] {
        let own = parameters.map { NamedParameter(key: join(prefix, $0.name), parameter: $0) }
        let inSlots = slots.flatMap { unwrapped($0.layer).namedParameters(join(prefix, $0.name)) }
        return own + inSlots + children.flatMap { $0.module.namedParameters(join(prefix, $0.name)) }
    }

    /// The parameters that wrappers have added, keyed by the slot's path and the parameter's name.
    public func wrapperParameters() -> [NamedParameter] {
        slotsByPath().flatMap { path, slot -> [NamedParameter] in
            guard let wrapper = slot.layer as? any WrapperLayer else { return [] }
            return wrapper.parameters.map { NamedParameter(key: join(path, $0.name), parameter: $0) }
        }
    }

    /// Whether anything below this module trains, wrappers included.
    public var trains: Bool {
        parameters.contains(where: \.isTrainable) || slots.contains { slot in layersInside(slot.layer).contains(where: \.trains) }
            || children.contains(where: \.module.trains)
    }

    /// The layers below this module that draw random numbers of their own.
    public func randomLayers() -> [any RandomLayer] {
        slots.flatMap { slot in layersInside(slot.layer).compactMap { $0 as? any RandomLayer } }
            + children.flatMap { $0.module.randomLayers() }
    }

    /// All that trains, in a fixed order: the model's own parameters, then the wrappers'.
    public func trainableParameters() -> [NamedParameter] {
        (namedParameters() + wrapperParameters()).filter { $0.parameter.isTrainable }
    }
}

private func join(_ prefix: String, _ name: String) -> String { prefix.isEmpty ? name : name.isEmpty ? prefix : "\(prefix).\(name)" }

/// A layer and, if it is a wrapper, those inside.
private func layersInside(_ layer: any Layer) -> [any Layer] {
    guard let wrapper = layer as? any WrapperLayer else { return [layer] }
    return [layer] + layersInside(wrapper.base)
}

private func unwrapped(_ layer: any Layer) -> any Layer {
    var layer = layer
    while let wrapper = layer as? any WrapperLayer { layer = wrapper.base }
    return layer
}
