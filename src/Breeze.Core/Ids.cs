namespace Breeze.Core;

/// <summary>An identifier of one kind of thing: a GUID (version 7 when made here) that cannot be mistaken for another kind's.</summary>
public interface IEntityId<TSelf>
    where TSelf : struct, IEntityId<TSelf>
{
    Guid Value { get; }

    static abstract TSelf From(Guid value);
}

[GenerateSerializer, Immutable, Alias("breeze.PartnerId")]
public readonly record struct PartnerId([property: Id(0)] Guid Value) : IEntityId<PartnerId>
{
    public static PartnerId New() => new(Guid.CreateVersion7());
    public static PartnerId From(Guid value) => new(value);
    public override string ToString() => Value.ToString();
}

[GenerateSerializer, Immutable, Alias("breeze.OrgId")]
public readonly record struct OrgId([property: Id(0)] Guid Value) : IEntityId<OrgId>
{
    public static OrgId New() => new(Guid.CreateVersion7());
    public static OrgId From(Guid value) => new(value);
    public override string ToString() => Value.ToString();
}

[GenerateSerializer, Immutable, Alias("breeze.SiteId")]
public readonly record struct SiteId([property: Id(0)] Guid Value) : IEntityId<SiteId>
{
    public static SiteId New() => new(Guid.CreateVersion7());
    public static SiteId From(Guid value) => new(value);
    public override string ToString() => Value.ToString();
}

[GenerateSerializer, Immutable, Alias("breeze.DeviceId")]
public readonly record struct DeviceId([property: Id(0)] Guid Value) : IEntityId<DeviceId>
{
    public static DeviceId New() => new(Guid.CreateVersion7());
    public static DeviceId From(Guid value) => new(value);
    public override string ToString() => Value.ToString();
}

[GenerateSerializer, Immutable, Alias("breeze.GroupId")]
public readonly record struct GroupId([property: Id(0)] Guid Value) : IEntityId<GroupId>
{
    public static GroupId New() => new(Guid.CreateVersion7());
    public static GroupId From(Guid value) => new(value);
    public override string ToString() => Value.ToString();
}

[GenerateSerializer, Immutable, Alias("breeze.ScriptId")]
public readonly record struct ScriptId([property: Id(0)] Guid Value) : IEntityId<ScriptId>
{
    public static ScriptId New() => new(Guid.CreateVersion7());
    public static ScriptId From(Guid value) => new(value);
    public override string ToString() => Value.ToString();
}

[GenerateSerializer, Immutable, Alias("breeze.DeploymentId")]
public readonly record struct DeploymentId([property: Id(0)] Guid Value) : IEntityId<DeploymentId>
{
    public static DeploymentId New() => new(Guid.CreateVersion7());
    public static DeploymentId From(Guid value) => new(value);
    public override string ToString() => Value.ToString();
}

[GenerateSerializer, Immutable, Alias("breeze.CommandId")]
public readonly record struct CommandId([property: Id(0)] Guid Value) : IEntityId<CommandId>
{
    public static CommandId New() => new(Guid.CreateVersion7());
    public static CommandId From(Guid value) => new(value);
    public override string ToString() => Value.ToString();
}

[GenerateSerializer, Immutable, Alias("breeze.ApiKeyId")]
public readonly record struct ApiKeyId([property: Id(0)] Guid Value) : IEntityId<ApiKeyId>
{
    public static ApiKeyId New() => new(Guid.CreateVersion7());
    public static ApiKeyId From(Guid value) => new(value);
    public override string ToString() => Value.ToString();
}
