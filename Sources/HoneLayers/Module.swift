public import HoneTensors

/// A part of a model: parameters of its own, replaceable layers, and sub-modules, each under its checkpoint name.
///
/// Not Sendable; lives on the torch thread.
public protocol Module: AnyObject {
    var parameters: [Parameter] { get }
    var slots: [Slot] { get }
    var children: [Child] { get }
}

extension Module {
    public var parameters: [Parameter] { [] }
    public var slots: [Slot] { [] }
    public var children: [Child] { [] }
}

/// A module with one tensor in and one out: what a slot can hold and a method can wrap.
public protocol Layer: Module {
    func callAsFunction(_ x: Tensor) throws -> Tensor
}

/// A named, replaceable layer. The name is the checkpoint's; methods such as LoRA put a wrapper here and never import models.
public final class Slot {
    public let name: String
    public var layer: any Layer

    public init(_ name: String, _ layer: any Layer) { (self.name, self.layer) = (name, layer) }

    public func callAsFunction(_ x: Tensor) throws -> Tensor { try layer(x) }
}

/// A named sub-module that is not replaceable.
public struct Child {
    public let name: String
    public let module: any Module

    public init(_ name: String, _ module: any Module) { (self.name, self.module) = (name, module) }
}

/// A layer around another one. Its base keeps the slot's checkpoint names; its own parameters get their own.
public protocol WrapperLayer: Layer {
    var base: any Layer { get }
}

/// A parameter with its full checkpoint key.
public struct NamedParameter {
    public let key: String
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

    /// All that trains, in a fixed order: the model's own parameters, then the wrappers'.
    public func trainableParameters() -> [NamedParameter] {
        (namedParameters() + wrapperParameters()).filter { $0.parameter.isTrainable }
    }
}

private func join(_ prefix: String, _ name: String) -> String { prefix.isEmpty ? name : name.isEmpty ? prefix : "\(prefix).\(name)" }

private func unwrapped(_ layer: any Layer) -> any Layer {
    var layer = layer
    while let wrapper = layer as? any WrapperLayer { layer = wrapper.base }
    return layer
}
