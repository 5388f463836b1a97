#!/bin/sh
# Formats the storage at the first start and becomes the broker. Containers come in by kafka:9092; clients outside by
# port 19092, which they are told to find at EXTERNAL_ADDRESS.
set -eu
umask 077
cd /var/lib/kafka
settings=/tmp/server.properties

write_settings() {
	cat /opt/kafka/server.properties - >$settings <<-END
		listeners=INSIDE://:9092,OUTSIDE://:19092,CONTROLLER://127.0.0.1:9093
		advertised.listeners=INSIDE://kafka:9092,OUTSIDE://${EXTERNAL_ADDRESS:-127.0.0.1:19092}
		inter.broker.listener.name=INSIDE
		listener.security.protocol.map=INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT
		controller.quorum.voters=1@127.0.0.1:9093
		log.dirs=/var/lib/kafka/$1
	END
}

# A cluster's id is 22 letters of base64url.
cluster_id() {
	printf 't%.21s' "$(head -c 16 /dev/urandom | base64 | tr +/ -_)"
}

# An interrupted one is done again: the storage appears whole or not at all.
format() {
	rm -rf data.new
	write_settings data.new
	/opt/java/bin/java -cp '/opt/kafka/libs/*' kafka.tools.StorageTool format -t "$(cluster_id)" -c $settings
	mv data.new data
}

[ -d data ] || format
write_settings data
exec /opt/java/bin/java -Xmx512m -XX:MaxDirectMemorySize=64m -XX:+ExitOnOutOfMemoryError \
	-Dlog4j2.configurationFile=/opt/kafka/log4j2.properties -cp '/opt/kafka/libs/*' kafka.Kafka $settings
