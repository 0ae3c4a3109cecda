using System.Data;
using System.Globalization;
using Breeze.Core;
using Dapper;

namespace Breeze.Silo.Storage;

/// <summary>How the product's types stand in columns, told to Dapper once: ids as uuid, times as bigint milliseconds, flags as smallint.</summary>
public static class SqlTypes
{
    private static readonly Lazy<bool> Registered = new(RegisterAll);

    /// <summary>Registers the handlers; a repeat does nothing.</summary>
    public static void Register() => _ = Registered.Value;

    private static bool RegisterAll()
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        Add(new GuidHandler());
        Add(new TimeHandler());
        Add(new FlagHandler());
        foreach (var type in typeof(DeviceId).Assembly.GetTypes().Where(IsId))
        {
            SqlMapper.AddTypeHandler(type, (SqlMapper.ITypeHandler)Activator.CreateInstance(typeof(IdHandler<>).MakeGenericType(type))!);
        }

        return true;
    }

    private static bool IsId(Type type) =>
        type.IsValueType && type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEntityId<>));

    private static void Add<T>(SqlMapper.TypeHandler<T> handler)
        where T : struct
    {
        // Dapper looks at its own map first; a handler for a type in it would never be asked.
        SqlMapper.RemoveTypeMap(typeof(T));
        SqlMapper.RemoveTypeMap(typeof(T?));
        SqlMapper.AddTypeHandler(handler);
    }

    private static Guid ToGuid(object value) => value is Guid guid ? guid : Guid.Parse((string)value);

    private sealed class GuidHandler : SqlMapper.TypeHandler<Guid>
    {
        public override void SetValue(IDbDataParameter parameter, Guid value) => parameter.Value = value;

        public override Guid Parse(object value) => ToGuid(value);
    }

    private sealed class IdHandler<TId> : SqlMapper.TypeHandler<TId>
        where TId : struct, IEntityId<TId>
    {
        public override void SetValue(IDbDataParameter parameter, TId value) => parameter.Value = value.Value;

        public override TId Parse(object value) => TId.From(ToGuid(value));
    }

    private sealed class TimeHandler : SqlMapper.TypeHandler<DateTimeOffset>
    {
        public override void SetValue(IDbDataParameter parameter, DateTimeOffset value)
        {
            parameter.DbType = DbType.Int64;
            parameter.Value = value.ToUnixTimeMilliseconds();
        }

        public override DateTimeOffset Parse(object value) =>
            DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(value, CultureInfo.InvariantCulture));
    }

    private sealed class FlagHandler : SqlMapper.TypeHandler<bool>
    {
        public override void SetValue(IDbDataParameter parameter, bool value)
        {
            parameter.DbType = DbType.Int16;
            parameter.Value = value ? (short)1 : (short)0;
        }

        public override bool Parse(object value) => Convert.ToBoolean(value, CultureInfo.InvariantCulture);
    }
}
